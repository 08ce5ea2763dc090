package mqtt

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"edged/core/report"
	"edged/core/request"
)

// fakeBroker is the far end of each connection that the client under test opens.
type fakeBroker struct {
	conns chan net.Conn
	conn  net.Conn
	mute  bool   // it acknowledges nothing
	code  byte   // answer to CONNECT
	grant byte   // answer to SUBSCRIBE
	ca    string // path of an authority; there is none yet
}

func (b *fakeBroker) dial(ctx context.Context, _ broker, _ TLS) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case b.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// accept answers the next connection and returns its CONNECT.
func (b *fakeBroker) accept(t *testing.T) *packets.ConnectPacket {
	t.Helper()
	b.conn = <-b.conns
	hello := b.read(t).(*packets.ConnectPacket)
	welcome := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	welcome.ReturnCode = b.code
	b.write(t, welcome)
	return hello
}

func (b *fakeBroker) read(t *testing.T) packets.ControlPacket {
	t.Helper()
	p, err := packets.ReadPacket(b.conn)
	if err != nil {
		t.Fatalf("read from edged: %v", err)
	}
	return p
}

func (b *fakeBroker) write(t *testing.T, p packets.ControlPacket) {
	t.Helper()
	if err := p.Write(b.conn); err != nil {
		t.Fatalf("write to edged: %v", err)
	}
}

// next returns the next message of edged's, after the acknowledgement of it and of all that comes between.
func (b *fakeBroker) next(t *testing.T) *packets.PublishPacket {
	t.Helper()
	for {
		switch p := b.read(t).(type) {
		case *packets.SubscribePacket:
			b.answer(t, p)
		case *packets.PublishPacket:
			if !b.mute {
				b.acknowledge(t, p.MessageID)
			}
			return p
		}
	}
}

// answer grants or refuses a subscription.
func (b *fakeBroker) answer(t *testing.T, p *packets.SubscribePacket) {
	t.Helper()
	granted := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
	granted.MessageID, granted.ReturnCodes = p.MessageID, bytes.Repeat([]byte{b.grant}, len(p.Topics))
	b.write(t, granted)
}

func (b *fakeBroker) acknowledge(t *testing.T, id uint16) {
	t.Helper()
	ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	ack.MessageID = id
	b.write(t, ack)
}

// quiet reads the pings of a while.
func (b *fakeBroker) quiet(t *testing.T, d time.Duration) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < d; {
		if _, ok := b.read(t).(*packets.PingreqPacket); !ok {
			t.Fatal("not quiet")
		}
		b.write(t, packets.NewControlPacket(packets.Pingresp))
	}
}

// writeAuthority makes a certificate in a PEM file, a new one each time.
func writeAuthority(t *testing.T, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err == nil {
		err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// until reads on to a message on topic.
func (b *fakeBroker) until(t *testing.T, topic string) *packets.PublishPacket {
	t.Helper()
	for {
		if p := b.next(t); p.TopicName == topic {
			return p
		}
	}
}

func (b *fakeBroker) publish(t *testing.T, topic, payload string) {
	t.Helper()
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.MessageID = topic, []byte(payload), 1, 99
	b.write(t, p)
}

// noted is a Handler that notes what it is told.
type noted struct {
	mu    sync.Mutex
	calls []string

	trouble string // the newest
}

func (n *noted) note(call string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, call)
}

func (n *noted) Submit(r request.Request) {
	n.note("submit " + string(r.Op) + " " + r.ID + " " + r.Target)
}
func (n *noted) Interrupted(r request.Request) {
	n.note(fmt.Sprint("interrupted ", r.Op, " ", r.ID, " ", r.Options.Force))
}
func (n *noted) Cleared(r request.Request) {
	n.note("cleared " + strings.TrimPrefix(r.Via+" "+string(r.Op)+" "+r.ID, " "))
}
func (n *noted) Left(r report.Record) {
	switch r := r.(type) {
	case report.Service:
		n.note("left " + r.Name + " " + r.Type)
	case report.Alarm:
		n.note("left " + r.Service + " " + r.Type)
	}
}
func (n *noted) Message(topic string, body []byte, retained bool) {
	n.note(fmt.Sprintf("message %s %s %v", topic, body, retained))
}

func (n *noted) Connected(up bool) { n.note(map[bool]string{true: "up", false: "down"}[up]) }

func (n *noted) Trouble(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trouble = text
}

// hasTrouble reports whether the newest trouble has all parts.
func (n *noted) hasTrouble(parts ...string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, part := range parts {
		if !strings.Contains(n.trouble, part) {
			return false
		}
	}
	return n.trouble != ""
}

func (n *noted) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.calls)
}

// rig is a client before a fake broker.
type rig struct {
	*fakeBroker
	out     *report.Outbox
	handler *noted
	log     *strings.Builder
	stop    context.CancelFunc
	done    chan error
}

// inBubble runs test against a fake broker, with a clock that waits for nobody.
func inBubble(t *testing.T, test func(t *testing.T, r *rig)) {
	inBubbleWith(t, Config{}, test)
}

func inBubbleWith(t *testing.T, cfg Config, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		r := &rig{
			fakeBroker: &fakeBroker{conns: make(chan net.Conn)}, out: report.NewOutbox(report.Limits{}),
			handler: &noted{}, log: &strings.Builder{}, stop: stop, done: make(chan error, 1),
		}
		c, err := New(cfg, r.out, r.handler, slog.New(slog.NewTextHandler(r.log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		c.dial = r.fakeBroker.dial
		r.ca = filepath.Join(t.TempDir(), "ca.pem")
		c.brokers[0].secure, c.cfg.TLS.CA = true, r.ca
		go func() { r.done <- c.Run(ctx) }()
		defer func() {
			if t.Failed() {
				t.Log(r.log)
			}
		}()
		test(t, r)
		stop()
		if r.conn != nil {
			r.conn.Close()
		}
		<-r.done
	})
}

func TestSessionBegins(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		hello := r.accept(t)
		if hello.WillTopic != own+"/status/health" || string(hello.WillMessage) != `{"status":"down"}` || !hello.WillRetain || hello.WillQos != 1 {
			t.Errorf("last will: %v", hello)
		}
		for _, want := range [][]string{
			{"te/device/main/service/tedge-agent/status/health"}, // whose the rest is to carry out
			{"te/device/main/service/+", "te/device/main/service/+/a/+", "te/device/main/service/+/cmd/+/+", own + "/twin/edged"},
			{"te/device/main///cmd/software_list/+", "te/device/main///cmd/software_update/+"},
		} {
			subscription := r.read(t).(*packets.SubscribePacket)
			if !slices.Equal(slices.Sorted(slices.Values(subscription.Topics)), want) {
				t.Errorf("subscribes to %s", subscription.Topics)
			}
			r.answer(t, subscription)
		}
		registration := r.next(t)
		if registration.TopicName != own || !registration.Retain {
			t.Errorf("first message %v", registration)
		}
		if twin := r.next(t); twin.TopicName != own+"/twin/edged" || !twin.Retain || !strings.Contains(string(twin.Payload), `"started":"`) {
			t.Errorf("second message %v", twin)
		}
		for _, op := range slices.Concat(request.Ops(), request.Questions()) {
			if p := r.next(t); p.TopicName != own+"/cmd/"+string(op) || string(p.Payload) != "{}" || !p.Retain {
				t.Errorf("capability of %s: %v", op, p)
			}
		}
		health := r.next(t)
		if health.TopicName != own+"/status/health" || !strings.HasPrefix(string(health.Payload), `{"status":"up","pid":`) {
			t.Errorf("own health: %s %s", health.TopicName, health.Payload)
		}
	})
}

func TestSessionConfirmsOnlyWhatWasAcknowledged(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.out.Put(report.Event{Type: "first"})
		r.out.Put(report.Event{Type: "second"})
		r.accept(t)
		r.mute = true
		first := r.until(t, own+"/e/first")
		r.until(t, own+"/e/second")
		r.acknowledge(t, first.MessageID)
		r.conn.Close()

		r.mute = false
		r.accept(t)
		for p := r.next(t); p.TopicName != own+"/e/second"; p = r.next(t) {
			if p.TopicName == own+"/e/first" {
				t.Error("told again what had been acknowledged")
			}
		}
	})
}

func TestSessionHealthOvertakes(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		for range 900 {
			r.out.Put(report.Event{Type: "storm", Text: strings.Repeat("x", 400)})
		}
		r.accept(t)
		r.mute = true
		sent := 0
		for p := r.until(t, own+"/e/storm"); p != nil; p = nil {
			r.out.Put(report.Health{Service: "web", Status: report.Down})
		}
		for r.next(t).TopicName != web+"/status/health" {
			sent++
		}
		if sent > 30 {
			t.Errorf("%d events went before the health change", sent)
		}
	})
}

func TestSessionAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		r.publish(t, own+"/cmd/health/check", "{}")
		r.until(t, own+"/status/health")
		r.publish(t, own+"/cmd/restart/1", `{"status":"init","container":"web"}`)
		r.publish(t, own+"/cmd/restart/1", `{"status":"executing","container":"web"}`)
		r.publish(t, own+"/cmd/restart/1", ``)
		r.publish(t, own+"/cmd/restart/2", `{"status":"init"}`)
		answer := r.until(t, own+"/cmd/restart/2")
		sameJSON(t, answer.Payload, `{"status":"failed","outcome":"invalid","changed":false,"reason":"restart 2: field container is missing"}`)
		if want := []string{"up", "submit restart 1 web", "cleared restart 1"}; !slices.Equal(r.handler.all(), want) {
			t.Errorf("told %q, want %q", r.handler.all(), want)
		}
	})
}

func TestSessionReportsWhenItMayNotSubscribe(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.grant = 0x80
		r.accept(t)
		r.until(t, own+"/status/health")
		r.out.Put(report.Event{Type: "still"})
		r.until(t, own+"/e/still")
		synctest.Wait()
		if !strings.Contains(r.log.String(), "refuses the subscription") {
			t.Errorf("not logged:\n%s", r.log)
		}
	})
}

func TestSessionPingsAndGivesUpOnSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		begin := time.Now()
		for {
			if _, ok := r.read(t).(*packets.PingreqPacket); ok {
				break
			}
		}
		if took := time.Since(begin); took != 20*time.Second {
			t.Errorf("pinged after %s", took)
		}
		r.accept(t) // a new connection, as there was no answer
		if took := time.Since(begin); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestSessionFarewell(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		r.out.Put(report.Event{Type: "last"})
		r.stop()
		r.until(t, own+"/e/last")
		if p := r.until(t, own+"/status/health"); !strings.HasPrefix(string(p.Payload), `{"status":"down"`) {
			t.Errorf("own health at the end: %s", p.Payload)
		}
		if _, ok := r.read(t).(*packets.DisconnectPacket); !ok {
			t.Error("ended without a farewell")
		}
		err := <-r.done
		r.done <- err
		if err != nil {
			t.Errorf("a clean end is an error: %v", err)
		}
		if want := []string{"up", "down"}; !slices.Equal(r.handler.all(), want) {
			t.Errorf("told %q, want %q", r.handler.all(), want)
		}
	})
}

func TestSessionEndsInTimeWithoutAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		r.mute = true
		r.stop()
		begin := time.Now()
		r.until(t, own+"/status/health")
		err := <-r.done
		r.done <- err
		if took := time.Since(begin); took != farewellTimeout || err == nil {
			t.Errorf("ended after %s with %v", took, err)
		}
	})
}

func TestClientIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		begin := time.Now()
		r.code = packets.ErrRefusedNotAuthorised
		for range 3 {
			r.accept(t)
		}
		if took := time.Since(begin); took < time.Minute || took > 2*time.Minute {
			t.Errorf("tried three times in %s", took)
		}
		r.code = packets.Accepted
		r.accept(t)
		r.until(t, own+"/status/health")
		synctest.Wait()
		if n := strings.Count(r.log.String(), "wrong user name or password"); n != 1 {
			t.Errorf("the refusal was logged %d times:\n%s", n, r.log)
		}
	})
}

func TestClientStopsWhileNobodyAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.conn = <-r.conns // accepted, but never welcomed
		r.read(t)
		r.stop()
		err := <-r.done
		r.done <- err
		if err != nil {
			t.Error(err)
		}
	})
}

func TestEndingIsNoError(t *testing.T) {
	if err := ending(errors.Join(context.Canceled)); err != nil {
		t.Error(err)
	}
}
