package mqtt

import (
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
	self    identity
	grumble *grumble
	agent   agent

	relisten chan struct{} // has room for one, see Relisten
}

// New checks cfg and returns a client that does nothing yet.
func New(cfg Config, out Outbox, handler Handler, log *slog.Logger) (*Client, error) {
	cfg = cfg.orDefaults()
	t, err := newTopics(cfg.Root, cfg.Device, cfg.Service)
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, topics: t, out: out, handler: handler, log: log, dial: dial,
		self: newIdentity(cfg.Version), grumble: newGrumble(log), relisten: make(chan struct{}, 1),
	}
	for _, url := range cfg.URLs {
		b, err := newBroker(url, cfg.TLS)
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
		switch {
		case ctx.Err() == nil:
		case welcomed:
			return ending(err)
		default: // why nothing came of an attempt doesn't matter any more
			return nil
		}
		if welcomed {
			last = ""
		}
		c.handler.Trouble(err.Error())
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
	password, err := c.password()
	if err != nil {
		return false, err
	}
	files := renewal{files: c.cfg.TLS, host: b.host, seen: c.cfg.TLS.stamp()}
	conn, err := c.dial(ctx, b, c.cfg.TLS)
	if err != nil {
		return false, fmt.Errorf("connect to broker: %w", err)
	}
	s := c.newSession(ctx, conn, password)
	if b.secure {
		s.renewal = &files
	}
	if err := s.introduce(ctx); err != nil {
		return false, fmt.Errorf("connect to broker: %w", err)
	}
	c.log.Info("connected to the MQTT broker", "broker", b.url)
	c.handler.Trouble(c.self.heard())
	c.handler.Connected(true)
	err = s.serve(ctx)
	c.out.Resend()
	c.handler.Connected(false)
	return true, c.explain(err)
}

func (c *Client) password() (string, error) {
	if c.cfg.Password == nil {
		return "", nil
	}
	return c.cfg.Password()
}

// explain adds the usual reason for which a broker hangs up without a word.
func (c *Client) explain(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w (the broker ended, or another client has the id %q)", err, c.cfg.ClientID)
	}
	return err
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
