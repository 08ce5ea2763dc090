package mqtt

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// maxPacket is the largest packet that is read whole, in bytes. MQTT allows
// 256 MB, and anybody who may publish to edged's topics could send that.
const maxPacket = 2 * maxCommand

// readPacket reads a packet. A larger message than maxPacket is cut short, still
// too long for a command, so that it is refused like any other that is.
func readPacket(r *bufio.Reader) (packets.ControlPacket, error) {
	header, length, err := peekHeader(r)
	if err != nil {
		return nil, err
	}
	if length <= maxPacket {
		return packets.ReadPacket(r)
	}
	first, err := r.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0]>>4 != packets.Publish {
		return nil, fmt.Errorf("packet of kind %d and %d bytes", first[0]>>4, length)
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.Retain = first[0]>>1&3, first[0]&1 == 1
	if _, err := r.Discard(header); err != nil {
		return nil, err
	}
	return p, readCut(r, p, length)
}

// peekHeader returns the lengths of a packet's header and of what follows it.
func peekHeader(r *bufio.Reader) (header, length int, err error) {
	for n := 2; n <= 5; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return 0, 0, err
		}
		digit := b[n-1]
		length |= int(digit&0x7f) << (7 * (n - 2))
		if digit&0x80 == 0 {
			return n, length, nil
		}
	}
	return 0, 0, fmt.Errorf("packet length takes more than four bytes")
}

// readCut reads the first part of a message, and the rest away.
func readCut(r *bufio.Reader, p *packets.PublishPacket, length int) error {
	topic := make([]byte, 2)
	if _, err := io.ReadFull(r, topic); err != nil {
		return err
	}
	topic = make([]byte, binary.BigEndian.Uint16(topic))
	if _, err := io.ReadFull(r, topic); err != nil {
		return err
	}
	p.TopicName = string(topic)
	length -= 2 + len(topic)
	if p.Qos > 0 {
		id := make([]byte, 2)
		if _, err := io.ReadFull(r, id); err != nil {
			return err
		}
		p.MessageID = binary.BigEndian.Uint16(id)
		length -= 2
	}
	p.Payload = make([]byte, maxCommand+1)
	if length < len(p.Payload) {
		return fmt.Errorf("message of %d bytes has a topic of %d", length, len(topic))
	}
	if _, err := io.ReadFull(r, p.Payload); err != nil {
		return err
	}
	_, err := r.Discard(length - len(p.Payload))
	return err
}
