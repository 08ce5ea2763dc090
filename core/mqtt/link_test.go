package mqtt

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// linkTo returns a link on which stream arrives.
func linkTo(stream []byte) *link { return newLink(arriving{r: bytes.NewReader(stream)}) }

// arriving is a connection as far as it is read from.
type arriving struct {
	net.Conn
	r io.Reader
}

func (a arriving) Read(b []byte) (int, error) { return a.r.Read(b) }

func publishBytes(t testing.TB, topic string, payload []byte, qos byte) []byte {
	t.Helper()
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.MessageID, p.Retain = topic, payload, qos, 7, true
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A message beyond all measure is cut short, and what follows it is read as if nothing had been.
func TestLinkCutsLargeMessages(t *testing.T) {
	for _, topic := range []string{"a/b", strings.Repeat("x", 65_535)} {
		for _, size := range []int{0, 10, maxCommand, maxPacket - 100, maxPacket, 10 << 20} {
			for _, qos := range []byte{0, 1} {
				stream := publishBytes(t, topic, bytes.Repeat([]byte("x"), size), qos)
				stream = append(stream, publishBytes(t, "next", nil, 0)...)
				l := linkTo(stream)
				packet, err := packets.ReadPacket(l)
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				p := packet.(*packets.PublishPacket)
				if p.TopicName != topic || !p.Retain || p.Qos != qos || (qos > 0 && p.MessageID != 7) {
					t.Errorf("%d bytes: %v", size, p)
				}
				if got := len(p.Payload); got > maxPacket || got != size && got <= maxCommand {
					t.Errorf("%d bytes: payload of %d", size, got)
				}
				packet, err = packets.ReadPacket(l)
				if err != nil || packet.(*packets.PublishPacket).TopicName != "next" {
					t.Errorf("%d bytes: followed by %v, %v", size, packet, err)
				}
			}
		}
	}
}

func TestLinkRefuses(t *testing.T) {
	for name, stream := range map[string]string{
		"a length without end":             "\x30\xff\xff\xff\xff\x01",
		"a huge acknowledgement":           "\x40\xff\xff\xff\x7f",
		"an answer to more than was asked": "\x90\x07\x00\x01\x00\x00\x00\x00\x00",
		"a message cut off":                "\x30\xff\xff\xff\x01\x00\x01a" + strings.Repeat("x", 100),
		"nothing":                          "",
		"half a header":                    "\x30",
		"a topic beyond the rest":          "\x32\x05\xff\xff" + strings.Repeat("x", 3),
	} {
		if p, err := packets.ReadPacket(linkTo([]byte(stream))); err == nil {
			t.Errorf("%s was read as %v", name, p)
		}
	}
}

func FuzzLink(f *testing.F) {
	f.Add(publishBytes(f, "a/b", []byte("{}"), 1))
	f.Add([]byte("\x30\xff\xff\xff\x01\x00\x01a"))
	f.Add([]byte("\x20\x02\x00\x05\x40\x02\x00\x01\x90\x03\x00\x01\x80"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		l := linkTo(stream)
		for range len(stream) + 1 {
			p, err := packets.ReadPacket(l)
			if err != nil {
				return
			}
			if m, ok := p.(*packets.PublishPacket); ok && len(m.Payload) > len(stream) {
				t.Errorf("%d bytes hold a message of %d", len(stream), len(m.Payload))
			}
		}
		t.Error("more packets than bytes")
	})
}
