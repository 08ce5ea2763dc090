package mqtt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"edged/core/report"
)

// Outbox is where the records are taken from. [report.Outbox] says what each
// method means.
type Outbox interface {
	Put(report.Record) // the answer to a command that cannot be understood
	Ready() <-chan struct{}
	Next() (report.Delivery, bool)
	Sent(report.Delivery)
	Resend()
	Retell(key string) bool
	Forget(key string)
}

// writeTimeout is how long a broker may refuse to take what is written.
const writeTimeout = 10 * time.Second

// settled is how long a connection must last to count as a good one.
const settled = 10 * time.Second

// Client keeps up the connection to the broker.
type Client struct {
	cfg     Config
	brokers []broker
	topics  topics
	out     Outbox
	handler Handler
	log     *slog.Logger
	dial    func(context.Context, broker, TLS) (net.Conn, error)
}

// New checks cfg and returns a client that does nothing yet.
func New(cfg Config, out Outbox, handler Handler, log *slog.Logger) (*Client, error) {
	cfg = cfg.orDefaults()
	t, err := newTopics(cfg.Root, cfg.Device, cfg.Service)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, topics: t, out: out, handler: handler, log: log, dial: dial}
	for _, url := range cfg.URLs {
		b, err := newBroker(url)
		if err != nil {
			return nil, err
		}
		c.brokers = append(c.brokers, b)
	}
	return c, nil
}

// Run connects, again and again, until ctx is over. It then tells the broker
// what is left to tell, and that edged is down; the error is about that. A broker
// that is absent or refuses is no error: it is logged once, and tried again.
func (c *Client) Run(ctx context.Context) error {
	waits := backoff{Retry: c.cfg.Retry}
	last := "" // reason logged last
	for attempt := 0; ; attempt++ {
		b := c.brokers[attempt%len(c.brokers)]
		began := time.Now()
		welcomed, err := c.connectOnce(ctx, b)
		if ctx.Err() != nil {
			return ending(err)
		}
		if welcomed {
			last = ""
		}
		if welcomed && time.Since(began) >= settled {
			waits.reset()
		}
		if reason := b.addr + ": " + cause(err); reason != last {
			c.log.Warn("no connection to the MQTT broker", "broker", b.url, "error", err)
			last = reason
		}
		if !pause(ctx, waits.next(err)) {
			return nil
		}
	}
}

// ending returns err unless it only says that we were told to end.
func ending(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// connectOnce holds one connection from its beginning to its end, and reports
// whether the broker welcomed us.
func (c *Client) connectOnce(ctx context.Context, b broker) (welcomed bool, err error) {
	conn, err := c.dial(ctx, b, c.cfg.TLS)
	if err != nil {
		return false, fmt.Errorf("connect to broker: %w", err)
	}
	reader := bufio.NewReader(conn)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	err = introduce(conn, reader, c.cfg, c.topics.will())
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		return false, errors.Join(fmt.Errorf("connect to broker: %w", err), conn.Close())
	}
	c.log.Info("connected to the MQTT broker", "broker", b.url)
	c.handler.Connected(true)
	err = c.newSession(conn, reader).serve(ctx)
	c.out.Resend()
	c.handler.Connected(false)
	return true, c.explain(err)
}

// explain adds the usual reason for which a broker hangs up without a word.
func (c *Client) explain(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w (the broker ended, or another client has the id %q)", err, c.cfg.ClientID)
	}
	return err
}

func (c *Client) newSession(conn net.Conn, reader *bufio.Reader) *session {
	s := &session{
		conn: conn, reader: reader, writer: bufio.NewWriter(patient{conn}),
		keepAlive: c.cfg.KeepAlive, topics: c.topics, out: c.out, log: c.log,
		post: post{news: make(chan struct{}, 1), inFlight: make(map[uint16]*parcel)},
		lost: make(chan struct{}),
	}
	s.commands = commands{topics: c.topics, out: c.out, handler: c.handler, log: c.log, check: s.checkHealth}
	return s
}

// patient gives each write its time.
type patient struct{ net.Conn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// pause waits; false: ctx was over first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
