package mqtt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"edged/core/report"
)

// farewellTimeout bounds the telling of what is left when edged ends.
const farewellTimeout = 2 * time.Second

// session is one connection to a broker, after the broker's welcome. The
// goroutine of [session.serve] alone takes from the outbox and writes; that of
// [session.read] reads and notes what serve has to do about it.
type session struct {
	conn      net.Conn
	reader    *bufio.Reader
	writer    *bufio.Writer
	keepAlive time.Duration
	topics    topics
	out       Outbox
	commands  commands
	log       *slog.Logger

	post post
	lost chan struct{} // closed when the reading has ended
	err  error         // why; set before lost is closed

	mu    sync.Mutex
	owed  []uint16 // messages from the broker to acknowledge
	asked bool     // somebody wants to know edged's health
}

// serve tells what waits in the outbox until ctx is over, which ends the session
// in peace, or the connection is.
func (s *session) serve(ctx context.Context) error {
	go s.read()
	defer s.end()
	if err := s.greet(); err != nil {
		return err
	}
	pings := time.NewTicker(s.keepAlive)
	defer pings.Stop()
	for {
		if err := s.pump(); err != nil {
			return err
		}
		select {
		case <-s.out.Ready():
		case <-s.post.news:
		case <-pings.C:
			if err := s.write(packets.NewControlPacket(packets.Pingreq)); err != nil {
				return err
			}
		case <-s.lost:
			return s.err
		case <-ctx.Done():
			return s.farewell()
		}
	}
}

// greet says what edged is and can do, and asks for commands.
func (s *session) greet() error {
	messages, err := s.topics.greeting()
	if err != nil {
		return err
	}
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.Topics, subscribe.Qoss = []string{s.topics.commands()}, []byte{1}
	subscribe.MessageID = s.post.stamp(&parcel{missing: 1})
	return errors.Join(s.write(subscribe), s.send(report.Delivery{}, messages), s.sendHealth(report.Up))
}

// pump does all that there is to do now and flushes once: one system call for
// many messages.
func (s *session) pump() error {
	if err := s.settle(); err != nil {
		return err
	}
	for s.post.room() {
		d, ok := s.out.Next()
		if !ok {
			break
		}
		messages, err := s.topics.encode(d)
		if err != nil {
			s.log.Error("cannot tell a record", "error", err)
		}
		if err := s.send(d, messages); err != nil {
			return err
		}
	}
	return broken(s.writer.Flush())
}

// settle does what the reading side noted.
func (s *session) settle() error {
	s.mu.Lock()
	owed, asked := s.owed, s.asked
	s.owed, s.asked = nil, false
	s.mu.Unlock()
	for _, id := range owed {
		ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		ack.MessageID = id
		if err := s.write(ack); err != nil {
			return err
		}
	}
	if asked {
		return s.sendHealth(report.Up)
	}
	return nil
}

func (s *session) sendHealth(status report.Status) error {
	m, err := s.topics.ownHealth(status, time.Now())
	if err != nil {
		return err
	}
	return s.send(report.Delivery{}, []message{m})
}

// send writes the messages that tell of d; they leave with the next flush.
func (s *session) send(d report.Delivery, messages []message) error {
	if len(messages) == 0 {
		s.out.Sent(d) // nothing to say is said
		return nil
	}
	p := newParcel(d, messages)
	for _, m := range messages {
		packet := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		packet.TopicName, packet.Payload, packet.Retain, packet.Qos = m.topic, m.payload, m.retained, 1
		packet.MessageID = s.post.stamp(p)
		if err := s.write(packet); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) write(packet packets.ControlPacket) error { return broken(packet.Write(s.writer)) }

func broken(err error) error {
	if err != nil {
		return fmt.Errorf("write to broker: %w", err)
	}
	return nil
}

// farewell tells what is left, then that edged is down, and takes its leave, so
// that the broker does not speak the last will.
func (s *session) farewell() error {
	timeout := time.NewTimer(farewellTimeout)
	defer timeout.Stop()
	if err := s.settleAll(timeout.C); err != nil {
		return err
	}
	if err := s.sendHealth(report.Down); err != nil {
		return err
	}
	if err := s.settleAll(timeout.C); err != nil {
		return err
	}
	return errors.Join(s.write(packets.NewControlPacket(packets.Disconnect)), broken(s.writer.Flush()))
}

// settleAll pumps until everything was acknowledged.
func (s *session) settleAll(timeout <-chan time.Time) error {
	for {
		if err := s.pump(); err != nil {
			return err
		}
		if s.post.empty() {
			return nil
		}
		select {
		case <-s.post.news:
		case <-s.lost:
			return s.err
		case <-timeout:
			return fmt.Errorf("take leave of broker: not everything was acknowledged within %s", farewellTimeout)
		}
	}
}

// end closes the connection and waits for the reading to end.
func (s *session) end() {
	_ = s.conn.Close() // there is nobody left to tell
	<-s.lost
}
