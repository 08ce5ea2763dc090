package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"golang.org/x/sync/semaphore"
)

// errRefused is the refusal of who edged is, which no retry changes soon.
var errRefused = errors.New("the broker refuses the connection")

// handOver is how long the library may keep us waiting for its writing
// goroutine. It does so also when the connection has broken meanwhile.
const handOver = time.Second

// newSession makes a session of a connection, on which nothing was said yet.
func (c *Client) newSession(ctx context.Context, conn net.Conn, password string) *session {
	c.agent.forget()
	s := &session{
		conn: newLink(conn), topics: c.topics, out: c.out, log: c.log, self: &c.self,
		asked:   make(chan struct{}, 1),
		twin:    make(chan struct{}, 1),
		greeted: make(chan struct{}), relisten: c.relisten,
		room:  semaphore.NewWeighted(maxOnWay),
		onWay: make(chan *parcel, maxOnWay/overhead),
	}
	s.alive, s.end = context.WithCancelCause(context.WithoutCancel(ctx))
	s.inbox = inbox{
		topics: c.topics, out: c.out, handler: c.handler, grumble: c.grumble, listen: c.cfg.Listen, self: &c.self, spoke: c.self.spoke.Load(),
		agent: &c.agent, software: c.cfg.Software, services: c.cfg.ServiceCommands,
		check: func() { poke(s.asked) }, answer: func() { poke(s.twin) }, end: s.end,
	}
	s.client = paho.NewClient(c.options(s).SetPassword(password))
	return s
}

// options has the library do without its memory and its own reconnecting.
func (c *Client) options(s *session) *paho.ClientOptions {
	will := c.topics.will()
	keepAlive := max(time.Second, c.cfg.KeepAlive)
	return paho.NewClientOptions().
		AddBroker("tcp://edged"). // only a name: the connection is there
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return s.conn, nil }).
		SetProtocolVersion(4).
		SetConnectTimeout(dialTimeout).
		SetAutoReconnect(false).
		SetCleanSession(true). // what the outbox holds is better than what a broker kept
		SetClientID(c.cfg.ClientID).
		SetUsername(c.cfg.User).
		SetBinaryWill(will.topic, will.payload, 1, will.retained).
		SetKeepAlive(keepAlive).
		SetPingTimeout(keepAlive / 2).
		SetWriteTimeout(handOver).
		SetDefaultPublishHandler(s.receive).
		SetConnectionLostHandler(s.lost)
}

// introduce says who edged is and waits for the broker's welcome.
func (s *session) introduce(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	token := s.client.Connect()
	<-token.Done()
	err := refusal(token.Error())
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		s.hangUp()
	}
	return err
}

func refusal(err error) error {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return fmt.Errorf("%w: wrong user name or password, or not authorised", errRefused)
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return fmt.Errorf("%w: client id not accepted", errRefused)
	case err != nil:
		return fmt.Errorf("wait for welcome: %w", err)
	default:
		return nil
	}
}
