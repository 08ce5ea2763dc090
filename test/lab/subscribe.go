package lab

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const mqttTimeout = 30 * time.Second // for a broker on an emulated machine

// Message is one MQTT message as the broker delivered it.
type Message struct {
	Topic    string
	Payload  string
	QoS      byte
	Retained bool // it was stored before the subscription began
	At       time.Time
}

// Subscription collects the messages of a topic filter. Safe for concurrent use.
type Subscription struct {
	client   mqtt.Client
	mu       sync.Mutex
	messages []Message
	changed  chan struct{} // closed and replaced at each message
}

// Subscribe connects to the broker at url (with user:password@ when it wants that) and returns once the subscription
// stands. It ends with the test.
func Subscribe(t testing.TB, url string, filters ...string) *Subscription {
	t.Helper()
	s := &Subscription{changed: make(chan struct{}), client: connect(t, url)}
	wanted := map[string]byte{}
	for _, filter := range filters {
		wanted[filter] = 1
	}
	handler := func(_ mqtt.Client, m mqtt.Message) {
		s.add(Message{Topic: m.Topic(), Payload: string(m.Payload()), QoS: m.Qos(), Retained: m.Retained(), At: time.Now()})
	}
	if err := finish(s.client.SubscribeMultiple(wanted, handler)); err != nil {
		t.Fatalf("subscribe to %s: %v", filters, err)
	}
	return s
}

// Publish sends one message with QoS 1 and returns when the broker has it.
func Publish(t testing.TB, url, topic, payload string, retain bool) {
	t.Helper()
	if err := finish(connect(t, url).Publish(topic, 1, retain, payload)); err != nil {
		t.Fatalf("publish to %s: %v", topic, err)
	}
}

// Retained returns the payload that the broker stores for topic now, empty when it stores none.
func Retained(t testing.TB, url, topic string) string {
	t.Helper()
	// What is stored comes before anything published later, so the marker's arrival ends the wait for it.
	marker := Name(t, "lab/marker")
	s := Subscribe(t, url, topic, marker)
	if err := finish(s.client.Publish(marker, 1, false, "")); err != nil {
		t.Fatalf("publish to %s: %v", marker, err)
	}
	s.WaitFor(t, mqttTimeout, func(m Message) bool { return m.Topic == marker })
	stored, _ := s.Last(topic)
	return stored.Payload
}

// connect gives a client that is disconnected after the test.
func connect(t testing.TB, url string) mqtt.Client {
	t.Helper()
	options := mqtt.NewClientOptions().AddBroker(url).SetAutoReconnect(false)
	options.SetTLSConfig(&tls.Config{InsecureSkipVerify: true}) // the broker is our own, on loopback
	client := mqtt.NewClient(options)
	if err := finish(client.Connect()); err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(func() { client.Disconnect(0) })
	return client
}

func finish(token mqtt.Token) error {
	if !token.WaitTimeout(mqttTimeout) {
		return fmt.Errorf("no answer within %s", mqttTimeout)
	}
	return token.Error()
}

// Messages returns what has come so far, in order.
func (s *Subscription) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Last returns the newest message of a topic.
func (s *Subscription) Last(topic string) (Message, bool) {
	messages := s.Messages()
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Topic == topic {
			return messages[i], true
		}
	}
	return Message{}, false
}

// WaitFor returns the first message, past or to come, that match accepts. It fails the test after timeout, and shows
// what came instead.
func (s *Subscription) WaitFor(t testing.TB, timeout time.Duration, match func(Message) bool) Message {
	t.Helper()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for seen := 0; ; {
		s.mu.Lock()
		fresh, changed := s.messages[seen:], s.changed
		s.mu.Unlock()
		for _, m := range fresh {
			if match(m) {
				return m
			}
		}
		seen += len(fresh)
		select {
		case <-changed:
		case <-timer.C:
			t.Fatalf("no such message within %s; there came:\n%s", timeout, s)
		}
	}
}

// WaitTopic is WaitFor with an exact topic and a payload that contains part.
func (s *Subscription) WaitTopic(t testing.TB, timeout time.Duration, topic, part string) Message {
	t.Helper()
	return s.WaitFor(t, timeout, func(m Message) bool { return m.Topic == topic && strings.Contains(m.Payload, part) })
}

// String lists the messages, one a line.
func (s *Subscription) String() string {
	var out strings.Builder
	for _, m := range s.Messages() {
		fmt.Fprintf(&out, "%s  %s %s\n", m.At.Format("15:04:05.000"), m.Topic, m.Payload)
	}
	return out.String()
}

func (s *Subscription) add(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.changed)
	s.changed = make(chan struct{})
}
