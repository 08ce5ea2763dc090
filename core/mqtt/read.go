package mqtt

import (
	"fmt"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// read takes what the broker sends until the connection ends. A broker that says
// nothing for longer than it may take to answer a ping is gone.
func (s *session) read() {
	defer close(s.lost)
	for s.err == nil {
		s.err = s.readOne()
	}
}

func (s *session) readOne() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.keepAlive + s.keepAlive/2)); err != nil {
		return fmt.Errorf("read from broker: %w", err)
	}
	packet, err := readPacket(s.reader)
	if err != nil {
		return fmt.Errorf("read from broker: %w", err)
	}
	switch p := packet.(type) {
	case *packets.PubackPacket:
		s.acknowledged(p.MessageID)
	case *packets.SubackPacket:
		s.subscribed(p)
	case *packets.PublishPacket:
		s.commands.receive(p.TopicName, p.Payload, p.Retain)
		s.owe(p)
	}
	return nil
}

func (s *session) acknowledged(id uint16) {
	if d, whole := s.post.acknowledged(id); whole {
		s.out.Sent(d)
	}
}

// subscribed reads the answer to the only subscription. Reports still go out
// when commands may not come in.
func (s *session) subscribed(p *packets.SubackPacket) {
	if len(p.ReturnCodes) > 0 && p.ReturnCodes[0] == 0x80 {
		s.log.Error("the broker refuses the subscription to commands", "topic", s.topics.commands())
	}
	s.acknowledged(p.MessageID)
}

// owe notes that a message has to be acknowledged.
func (s *session) owe(p *packets.PublishPacket) {
	if p.Qos == 0 {
		return
	}
	s.mu.Lock()
	s.owed = append(s.owed, p.MessageID)
	s.mu.Unlock()
	s.post.stir()
}

// checkHealth notes that somebody asks for edged's health.
func (s *session) checkHealth() {
	s.mu.Lock()
	s.asked = true
	s.mu.Unlock()
	s.post.stir()
}
