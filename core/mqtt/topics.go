package mqtt

import (
	"errors"
	"fmt"
	"strings"
)

// topics builds the topics of thin-edge.io: ROOT/device/DEVICE/service/SERVICE/CHANNEL.
type topics struct {
	root   string
	parent string // topic identifier of the device, such as device/main//
	device string // the device's own level, such as main
	self   string // the name of edged's own service
}

// newTopics reads a device's topic identifier of four levels, of which the last
// two are empty and may be left out.
func newTopics(root, device, self string) (topics, error) {
	levels := strings.Split(strings.TrimRight(device, "/"), "/")
	if len(levels) != 2 || levels[0] != "device" || levels[1] == "" || escape(levels[1]) != levels[1] {
		return topics{}, fmt.Errorf("read device topic identifier %q: want device/NAME//", device)
	}
	if root == "" || strings.ContainsAny(root, "+#\x00") {
		return topics{}, fmt.Errorf("read topic root %q: want a topic without wildcards", root)
	}
	if self == "" {
		return topics{}, errors.New("read name of own service: it is empty")
	}
	return topics{root: root, parent: "device/" + levels[1] + "//", device: levels[1], self: self}, nil
}

// service returns the topic of a service (edged's own if name is empty), with the levels of a channel below it.
func (t topics) service(name string, channel ...string) string {
	if name == "" {
		name = t.self
	}
	var b strings.Builder
	b.WriteString(t.root + "/device/" + t.device + "/service/" + escape(name))
	for _, level := range channel {
		b.WriteByte('/')
		b.WriteString(escape(level))
	}
	return b.String()
}

// commands is the filter for all commands that are addressed to edged.
func (t topics) commands() string { return t.service("", "cmd") + "/+/+" }

// command takes a command's topic apart.
func (t topics) command(topic string) (op, id string, ok bool) {
	rest, ok := strings.CutPrefix(topic, t.service("", "cmd")+"/")
	if !ok {
		return "", "", false
	}
	op, id, ok = strings.Cut(rest, "/")
	return op, id, ok && op != "" && id != "" && !strings.Contains(id, "/")
}

// status is the topic of a command, from which its op and id were taken.
func (t topics) status(op, id string) string { return t.service("", "cmd") + "/" + op + "/" + id }

// escape makes one topic level of any name: what has a meaning in topics, or
// that a broker may refuse, becomes %XX. Names of containers and compose
// services need none of it. No name becomes a lone %, so that is the empty one.
func escape(name string) string {
	if name == "" {
		return "%"
	}
	if strings.IndexFunc(name, special) < 0 {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if c := name[i]; special(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func special(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("/+#%", r) }
