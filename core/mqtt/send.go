package mqtt

import (
	"context"

	paho "github.com/eclipse/paho.mqtt.golang"

	"edged/core/report"
)

// What may be on its way without having been acknowledged, in bytes, and what
// each delivery counts for beside its messages. Brokers hold back
// acknowledgements by up to 40 ms (Nagle's algorithm against delayed TCP
// acknowledgements), so that all that there is to say of 100 services should
// fit; and more than a slow link carries in some seconds would hold up a health
// change.
const (
	maxOnWay = 256 << 10
	overhead = 256
)

// parcel is a delivery whose messages are on their way.
type parcel struct {
	delivery report.Delivery
	tokens   []paho.Token
	size     int64
}

// send publishes the messages that tell of d; if there are none, that is said as well.
func (s *session) send(d report.Delivery, messages []message) error {
	p := &parcel{delivery: d, size: sizeOf(messages)}
	if err := s.reserve(p.size); err != nil {
		return err
	}
	for _, m := range messages {
		token, err := s.hand(func() paho.Token { return s.client.Publish(m.topic, 1, m.retained, m.payload) })
		if err != nil {
			return err
		}
		p.tokens = append(p.tokens, token)
	}
	s.onWay <- p // never full: what fits into the room does
	return nil
}

func sizeOf(messages []message) int64 {
	size := overhead
	for _, m := range messages {
		size += len(m.topic) + len(m.payload)
	}
	return int64(min(size, maxOnWay))
}

// reserve waits for room; for all of it: until everything has arrived.
func (s *session) reserve(size int64) error {
	if s.room.Acquire(s.alive, size) != nil {
		return context.Cause(s.alive)
	}
	return nil
}

// hand lets the library take something to send, again and again while it is only
// the writing that is slow. The token is done when the broker has acknowledged,
// or with an error when the connection ends.
func (s *session) hand(over func() paho.Token) (paho.Token, error) {
	for s.alive.Err() == nil {
		token := over()
		if token.Error() == nil {
			return token, nil
		}
		if !s.client.IsConnectionOpen() {
			<-s.alive.Done() // lost will say why
		}
	}
	return nil, context.Cause(s.alive)
}

// confirm tells the outbox of each delivery that has arrived as a whole.
func (s *session) confirm() {
	for p := range s.onWay {
		if p.arrived() {
			s.out.Sent(p.delivery)
			s.room.Release(p.size)
		}
	}
}

func (p *parcel) arrived() bool {
	for _, token := range p.tokens {
		<-token.Done()
		if token.Error() != nil {
			return false
		}
	}
	return true
}
