package mqtt

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

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
func TestReadPacketCutsLargeMessages(t *testing.T) {
	for _, size := range []int{0, 10, maxCommand, maxPacket - 10, maxPacket, 10 << 20} {
		for _, qos := range []byte{0, 1} {
			stream := publishBytes(t, "a/b", bytes.Repeat([]byte("x"), size), qos)
			stream = append(stream, publishBytes(t, "next", nil, 0)...)
			r := bufio.NewReader(bytes.NewReader(stream))
			packet, err := readPacket(r)
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			p := packet.(*packets.PublishPacket)
			if p.TopicName != "a/b" || !p.Retain || p.Qos != qos || (qos > 0 && p.MessageID != 7) {
				t.Errorf("%d bytes: %v", size, p)
			}
			if got := len(p.Payload); got != size && (size < maxCommand || got != maxCommand+1) {
				t.Errorf("%d bytes: payload of %d", size, got)
			}
			packet, err = readPacket(r)
			if err != nil || packet.(*packets.PublishPacket).TopicName != "next" {
				t.Errorf("%d bytes: followed by %v, %v", size, packet, err)
			}
		}
	}
}

func TestReadPacketRefuses(t *testing.T) {
	for name, stream := range map[string]string{
		"a length without end":    "\x30\xff\xff\xff\xff\x01",
		"a huge acknowledgement":  "\x40\xff\xff\xff\x7f",
		"a huge topic":            "\x30\xff\xff\xff\x01\xff\xff",
		"a message cut off":       "\x30\xff\xff\xff\x01\x00\x01a" + strings.Repeat("x", 100),
		"nothing":                 "",
		"half a header":           "\x30",
		"a topic beyond the rest": "\x32\x85\x80\x04\xff\xff" + strings.Repeat("x", 70_000),
	} {
		if p, err := readPacket(bufio.NewReader(strings.NewReader(stream))); err == nil {
			t.Errorf("%s was read as %v", name, p)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add(publishBytes(f, "a/b", []byte("{}"), 1))
	f.Add([]byte("\x30\xff\xff\xff\x01\x00\x01a"))
	f.Add([]byte("\x20\x02\x00\x05\x40\x02\x00\x01\x90\x03\x00\x01\x80"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bufio.NewReader(bytes.NewReader(stream))
		for range len(stream) + 1 {
			if _, err := readPacket(r); err != nil {
				return
			}
		}
		t.Error("more packets than bytes")
	})
}
