package mqtt

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	// writeTimeout is how long a broker may refuse to take what is written.
	writeTimeout = 10 * time.Second

	// maxPacket is how much of a packet is read, in bytes. MQTT allows 256 MB, and
	// anybody who may publish to edged's topics could send that. The largest topic
	// and a command that is too long to be read fit.
	maxPacket = 64<<10 + 2*maxCommand

	// maxAnswer is the longest packet that answers one of edged's, in bytes, beside one
	// more for each filter of a subscription. The library panics at an answer to more of
	// them than were asked for.
	maxAnswer = 2
)

// link is a connection that cuts large messages short before the library makes
// room for them. They are still too long for a command, so they are refused like
// any other that is.
type link struct {
	net.Conn
	in     *bufio.Reader
	header []byte // of the packet that is being read, as far as still to be handed on
	body   int    // bytes after the header that are to be handed on
	excess int    // bytes after these that are to be left out

	askedFor atomic.Int32 // filters of the subscription that is to be answered
}

func newLink(conn net.Conn) *link { return &link{Conn: conn, in: bufio.NewReader(conn)} }

func (l *link) Read(b []byte) (int, error) {
	if len(l.header) == 0 && l.body == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	if len(l.header) > 0 {
		n := copy(b, l.header)
		l.header = l.header[n:]
		return n, nil
	}
	n, err := l.in.Read(b[:min(len(b), l.body)])
	l.body -= n
	return n, err
}

// next reads the header of a packet: its kind, and the length of the rest in the
// encoding that [binary.Uvarint] has too.
func (l *link) next() error {
	if _, err := l.in.Discard(l.excess); err != nil {
		return err
	}
	kind, err := l.in.ReadByte()
	if err != nil {
		return err
	}
	length, err := binary.ReadUvarint(l.in)
	if err != nil {
		return err
	}
	if message := kind>>4 == packets.Publish; length >= 1<<28 || !message && length > maxAnswer+uint64(l.askedFor.Load()) {
		return fmt.Errorf("packet of kind %d and %d bytes", kind>>4, length)
	}
	l.body = min(int(length), maxPacket)
	l.excess = int(length) - l.body
	l.header = binary.AppendUvarint([]byte{kind}, uint64(l.body))
	return nil
}

// Write gives each write its time.
func (l *link) Write(b []byte) (int, error) {
	if err := l.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return l.Conn.Write(b)
}

// SetWriteDeadline does nothing: the library means it for another time.
func (l *link) SetWriteDeadline(time.Time) error { return nil }
