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
		files  TLS
		addr   string
		secure bool
	}{
		{"mqtt://localhost", TLS{}, "localhost:1883", false},
		{"mqtt://localhost", TLS{CA: "ca.pem"}, "localhost:1883", false},
		{"tcp://10.0.0.1:2000", TLS{}, "10.0.0.1:2000", false},
		{"mqtts://broker.example", TLS{}, "broker.example:8883", true},
		{"ssl://[::1]:9000", TLS{}, "[::1]:9000", true},
		{"tls://host", TLS{}, "host:8883", true},
		{"host", TLS{}, "host:1883", false},
		{"host", TLS{CA: "ca.pem"}, "host:8883", true},
		{"host:1884", TLS{Cert: "me.pem", Key: "me.key"}, "host:1884", true},
		{"host:8883", TLS{}, "host:8883", true},
		{"host:2000", TLS{}, "host:2000", false},
	}
	for _, tt := range tests {
		b, err := newBroker(tt.url, tt.files)
		if err != nil || b.addr != tt.addr || b.secure != tt.secure {
			t.Errorf("newBroker(%s) = %+v, %v", tt.url, b, err)
		}
	}
}

func TestNewBrokerRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"me:secret@local":        "settings of their own",
		"":                       "want mqtt://",
		"http://localhost":       "unknown scheme",
		"mqtt://me:secret@local": "settings of their own",
		"mqtt://\x00":            "want mqtt://",
	} {
		_, err := newBroker(url, TLS{})
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
