package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/semaphore"

	"edged/core/report"
)

// farewellTimeout bounds the telling of what is left when edged ends.
const farewellTimeout = 2 * time.Second

// refusedSubscription is the code that the broker answers a filter with, MQTT 3.1.1, 3.9.3.
const refusedSubscription = 0x80

// session is one connection to a broker. The goroutine of [session.serve] alone
// takes from the outbox and publishes; that of [session.confirm] waits for
// acknowledgements; that of [session.listen] subscribes for scripts; the library
// calls receive and lost.
type session struct {
	conn    *link
	client  paho.Client
	topics  topics
	out     Outbox
	inbox   inbox
	log     *slog.Logger
	self    *identity
	renewal *renewal // nil without TLS

	alive context.Context // is over, with the reason, when the connection is or edged may wait no longer
	end   context.CancelCauseFunc
	asked chan struct{} // readable when somebody wants to know edged's health
	twin  chan struct{} // readable when a second edged was heard

	greeted  chan struct{} // closed when edged has said who it is
	relisten chan struct{} // readable when scripts may listen to other topics

	room  *semaphore.Weighted // bytes that may still set out
	onWay chan *parcel        // in order
}

// serve tells what waits in the outbox until ctx is over, which ends the session
// in peace, or the connection is.
func (s *session) serve(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.hurry)()
	var confirming sync.WaitGroup
	confirming.Go(s.confirm)
	confirming.Go(s.listen)
	err := s.tell(ctx)
	if err != nil && !errors.Is(err, errRenewed) && !errors.Is(err, errTwin) {
		_ = s.conn.Close() // without a farewell, so that the broker speaks the last will
	}
	s.hangUp()
	close(s.onWay)
	confirming.Wait()
	return err
}

// hurry gives the farewell its time; a session that is over by then does not mind.
func (s *session) hurry() {
	time.AfterFunc(farewellTimeout, func() {
		s.end(fmt.Errorf("take leave of broker: not everything was acknowledged within %s", farewellTimeout))
		_ = s.conn.Close() // for who still waits to write
	})
}

// hangUp takes leave, if the connection still stands, and waits for the
// library's goroutines.
func (s *session) hangUp() {
	s.client.Disconnect(uint(farewellTimeout / time.Millisecond))
	s.end(nil)
}

func (s *session) tell(ctx context.Context) error {
	if err := s.greet(); err != nil {
		return err
	}
	close(s.greeted)
	always := make(chan struct{})
	close(always)
	look := time.NewTicker(renewEvery)
	defer look.Stop()
	settle := time.NewTimer(agentSettle)
	defer settle.Stop()
	for more := true; ; {
		next := s.out.Ready()
		if more {
			next = always
		}
		var err error
		select {
		case <-next:
			more, err = s.tellNext()
		case <-s.asked:
			err = s.sendHealth(report.Up)
		case <-s.twin:
			err = s.sendTwin()
		case <-look.C:
			if err = s.claimSoftware(); s.renewal != nil && s.renewal.due() {
				err = errRenewed
			}
		case <-settle.C:
			err = s.claimSoftware()
		case <-s.alive.Done():
			err = context.Cause(s.alive)
		case <-ctx.Done():
			return s.farewell()
		}
		if err != nil {
			return err
		}
	}
}

// greet asks for commands and tells what edged is and can do. Reports still go
// out when commands may not come in.
func (s *session) greet() error {
	for _, filters := range s.topics.filters() {
		s.conn.askedFor.Store(int32(len(filters)))
		token, err := s.settled(func() paho.Token { return s.client.SubscribeMultiple(filters, nil) })
		if err != nil {
			return err
		}
		for filter, code := range token.(*paho.SubscribeToken).Result() {
			if code == refusedSubscription {
				s.log.Error("the broker refuses the subscription to commands", "topic", filter)
			}
		}
	}
	s.conn.askedFor.Store(1)
	messages, err := s.topics.greeting(s.self)
	if err != nil {
		return err
	}
	if err := s.send(report.Delivery{}, messages); err != nil {
		return err
	}
	return s.sendHealth(report.Up)
}

// tellNext tells the next record, and reports whether there was one.
func (s *session) tellNext() (bool, error) {
	d, ok := s.out.Next()
	if !ok {
		return false, nil
	}
	messages, err := s.topics.encode(d)
	if err != nil {
		s.log.Error("cannot tell a record", "error", err)
	}
	return true, s.send(d, messages)
}

func (s *session) sendHealth(status report.Status) error {
	m, err := s.topics.ownHealth(status, time.Now())
	if err != nil {
		return err
	}
	return s.send(report.Delivery{}, []message{m})
}

// farewell tells what is left, then that edged is down, and waits until
// everything has arrived.
func (s *session) farewell() error {
	for more := true; more; {
		var err error
		if more, err = s.tellNext(); err != nil {
			return err
		}
	}
	if err := s.sendHealth(report.Down); err != nil {
		return err
	}
	return s.reserve(maxOnWay)
}

// sendTwin tells who edged is.
func (s *session) sendTwin() error {
	messages, err := s.topics.twin(s.self)
	if err != nil {
		return err
	}
	return s.send(report.Delivery{}, messages)
}

// poke makes c, which has room for one, readable.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// receive takes one message; it is acknowledged after that.
func (s *session) receive(_ paho.Client, m paho.Message) {
	s.inbox.receive(m.Topic(), m.Payload(), m.Retained())
}

// lost is called by the library when the connection has ended by itself.
func (s *session) lost(_ paho.Client, err error) {
	s.end(fmt.Errorf("connection to broker lost: %w", err))
}
