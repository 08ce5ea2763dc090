package mqtt

import (
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestNewBroker(t *testing.T) {
	tests := []struct {
		url    string
		addr   string
		secure bool
	}{
		{"mqtt://localhost", "localhost:1883", false},
		{"tcp://10.0.0.1:2000", "10.0.0.1:2000", false},
		{"mqtts://broker.example", "broker.example:8883", true},
		{"ssl://[::1]:9000", "[::1]:9000", true},
		{"tls://host", "host:8883", true},
	}
	for _, tt := range tests {
		b, err := newBroker(tt.url)
		if err != nil || b.addr != tt.addr || b.secure != tt.secure {
			t.Errorf("newBroker(%s) = %+v, %v", tt.url, b, err)
		}
	}
}

func TestNewBrokerRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"localhost:1883":         "want mqtt://",
		"":                       "want mqtt://",
		"http://localhost":       "unknown scheme",
		"mqtt://me:secret@local": "settings of their own",
		"mqtt://\x00":            "want mqtt://",
	} {
		_, err := newBroker(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("newBroker(%q): %v, want an error with %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("newBroker(%q) tells the password: %v", url, err)
		}
	}
}

func TestBackoff(t *testing.T) {
	b := backoff{Retry: Retry{First: 100, Most: 300, Refused: 10_000}}
	for _, most := range []time.Duration{100, 200, 300, 300} {
		if got := b.next(nil); got < most/2 || got > most {
			t.Errorf("waits %d, want %d to %d", got, most/2, most)
		}
	}
	if got := b.next(refusal(packets.ErrorRefusedNotAuthorised)); got < 5000 || got > 10_000 {
		t.Errorf("waits %d after a refusal, want 5000 to 10000", got)
	}
	b.reset()
	if got := b.next(nil); got > 100 {
		t.Errorf("waits %d after a good connection, want at most 100", got)
	}
}

func TestDefaults(t *testing.T) {
	c := Config{Device: "device/child01//"}.orDefaults()
	if c.ClientID != "edged#device/child01" || c.Root != "te" || len(c.URLs) != 1 || c.KeepAlive != 20*time.Second {
		t.Errorf("defaults: %+v", c)
	}
}
