package lab

import (
	"os/exec"
	"strings"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func broker(t *testing.T, opts MosquittoOptions) *Mosquitto {
	t.Helper()
	m, err := StartMosquitto(t.Context(), ownFolder(t), opts)
	return start(t, m, err)
}

func TestSubscriptionSeesWhatIsPublished(t *testing.T) {
	url := broker(t, MosquittoOptions{}).URL()
	s := Subscribe(t, url, "te/#")
	Publish(t, url, "te/one", "first", false)
	Publish(t, url, "te/two", "second", true)
	Publish(t, url, "other", "third", false)
	m := s.WaitTopic(t, patience, "te/two", "sec")
	if m.Retained || m.QoS != 1 || m.At.IsZero() {
		t.Errorf("%+v", m)
	}
	if got := s.Messages(); len(got) != 2 || got[0].Payload != "first" {
		t.Errorf("messages:\n%s", s)
	}
	if got := Retained(t, url, "te/two"); got != "second" {
		t.Errorf("the broker stores %q", got)
	}
	if got := Retained(t, url, "te/one"); got != "" {
		t.Errorf("the broker stores %q", got)
	}
}

func TestBrokerKeepsRetainedOverRestart(t *testing.T) {
	m := broker(t, MosquittoOptions{Persistence: true})
	url := m.URL()
	Publish(t, url, "te/kept", "still here", true)
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.URL() != url {
		t.Errorf("moved from %s to %s", url, m.URL())
	}
	if got := Retained(t, url, "te/kept"); got != "still here" {
		t.Errorf("the broker stores %q", got)
	}
}

func TestBrokerRefusesTheWrongPassword(t *testing.T) {
	m := broker(t, MosquittoOptions{User: "edged", Password: "secret"})
	Publish(t, strings.Replace(m.URL(), "//", "//edged:secret@", 1), "te/x", "", false)
	for _, account := range []string{"", "edged:wrong@"} {
		url := strings.Replace(m.URL(), "//", "//"+account, 1)
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetConnectRetry(false))
		if err := finish(client.Connect()); err == nil {
			t.Errorf("%q got in", account)
			client.Disconnect(0)
		}
	}
}

func TestBrokerSpeaksTLS(t *testing.T) {
	m := broker(t, MosquittoOptions{TLS: true})
	Publish(t, m.URL(), "te/tls", "safe", true)
	if got := Retained(t, m.URL(), "te/tls"); got != "safe" {
		t.Errorf("the broker stores %q", got)
	}
	out, err := verify(m)
	if err != nil {
		t.Errorf("the authority in %s did not sign the broker's certificate: %v: %s", m.CAFile(), err, out)
	}
}

// verify connects with the authority of CAFile and no other.
func verify(m *Mosquitto) (string, error) {
	out, err := exec.Command("mosquitto_sub", "--cafile", m.CAFile(), "-L", m.URL()+"/te/tls", "-C", "1", "-W", "5").CombinedOutput()
	return string(out), err
}
