package mqtt

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config says which broker to use and who to be. Zero values mean the defaults.
type Config struct {
	URLs     []string // see newBroker; tried in turn; default: mqtt://127.0.0.1
	User     string
	Password func() (string, error) // asked at each connection; nil: none
	TLS      TLS

	Root     string // first topic level; te
	Device   string // topic identifier of the device; device/main//
	Service  string // the name of edged's own service; edged
	ClientID string // SERVICE#DEVICE, as no two clients of a broker may have the same
	Version  string // of edged

	KeepAlive time.Duration // a broker that is silent for one and a half of it is gone; 20 s
	Retry     Retry

	Software        string // whether commands about the device's software are taken: Always, Auto, Never; Never
	ServiceCommands string // whether those to the services of containers are; Always

	// Listen returns the topic filters of which the [Handler] is to get all messages; nil: none. It is asked at each
	// connection, and after [Client.Relisten].
	Listen func() []string
}

// TLS names PEM files, which are read at each connection, and make a new one when
// they change. CA may be a folder of such files; without it, the system's are trusted.
type TLS struct {
	CA, Cert, Key string
}

func (t TLS) wanted() bool { return t.CA != "" || t.Cert != "" }

// Retry says how long to wait between attempts to connect. Each wait is cut by
// up to half at random, so that devices don't come in step.
type Retry struct {
	First   time.Duration // after a connection was lost; doubled each time; 250 ms
	Most    time.Duration // 30 s
	Refused time.Duration // after the broker refused the identity or password; 1 min
	Twin    time.Duration // after another edged of the same name was there first; 10 min
}

func (c Config) orDefaults() Config {
	fill(&c.Root, "te")
	fill(&c.Device, "device/main//")
	fill(&c.Service, "edged")
	fill(&c.Software, Never)
	fill(&c.ServiceCommands, Always)
	fill(&c.ClientID, c.Service+"#"+strings.Trim(c.Device, "/"))
	fill(&c.KeepAlive, 20*time.Second)
	fill(&c.Retry.First, 250*time.Millisecond)
	fill(&c.Retry.Most, 30*time.Second)
	fill(&c.Retry.Refused, time.Minute)
	fill(&c.Retry.Twin, 10*time.Minute)
	if len(c.URLs) == 0 {
		c.URLs = []string{"mqtt://127.0.0.1"}
	}
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// broker is where to connect to.
type broker struct {
	url    string // for people
	addr   string // host:port
	host   string // the name that its certificate must have
	secure bool
}

// newBroker reads a broker's URL: mqtt://HOST[:1883], mqtts://HOST[:8883], or HOST[:PORT] alone, which is as
// thin-edge.io's own clients have it: with TLS if there is something to do TLS with, or the port is the one for it.
func newBroker(text string, files TLS) (broker, error) {
	full := text
	if !strings.Contains(text, "://") {
		full = "mqtt://" + text
		if files.wanted() || strings.HasSuffix(text, ":8883") {
			full = "mqtts://" + text
		}
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" {
		return broker{}, fmt.Errorf("read broker URL %q: want mqtt://HOST:PORT or mqtts://HOST:PORT", text)
	}
	if u.User != nil {
		return broker{}, fmt.Errorf("read broker URL %q: user and password have settings of their own", u.Redacted())
	}
	b := broker{url: full, host: u.Hostname()}
	port := "1883"
	switch u.Scheme {
	case "mqtt", "tcp":
	case "mqtts", "ssl", "tls":
		b.secure, port = true, "8883"
	default:
		return broker{}, fmt.Errorf("read broker URL %q: unknown scheme %q", text, u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	b.addr = net.JoinHostPort(b.host, port)
	return b, nil
}
