package mqtt

import (
	"errors"
	"fmt"
	"strings"

	"edged/core/request"
)

// topics builds the topics of thin-edge.io: ROOT/device/DEVICE/service/SERVICE/CHANNEL.
type topics struct {
	root   string
	parent string // topic identifier of the device, such as device/main//
	name   string // the device's own level, such as main
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
	return topics{root: root, parent: "device/" + levels[1] + "//", name: levels[1], self: self}, nil
}

// service returns the topic of a service (edged's own if name is empty), with the levels of a channel below it.
func (t topics) service(name string, channel ...string) string {
	if name == "" {
		name = t.self
	}
	var b strings.Builder
	b.WriteString(t.root + "/device/" + t.name + "/service/" + escape(name))
	for _, level := range channel {
		b.WriteByte('/')
		b.WriteString(escape(level))
	}
	return b.String()
}

// device returns a topic of the device itself.
func (t topics) device(channel ...string) string {
	return t.root + "/" + t.parent + "/" + strings.Join(channel, "/")
}

// filters are the topics that edged listens to, with their qualities of service, in the
// order in which it asks for them: what the tedge-agent is up to, which must be known
// before what may be its to do; then
// commands to its own service and to those of containers, who speaks as edged, and what stands on the broker
// about the device's services; then the device's software.
func (t topics) filters() []map[string]byte {
	services := t.root + "/device/" + t.name + "/service/+"
	software := map[string]byte{}
	for _, op := range softwareOps() {
		software[t.device("cmd", string(op), "+")] = 1
	}
	return []map[string]byte{
		{t.service(agentService, "status", "health"): 1},
		{
			t.commands():                       1,
			t.service("", "twin", ownFragment): 1,
			services:                           1,
			services + "/a/+":                  1,
		},
		software,
	}
}

// commands is the filter of the commands to all services of the device.
func (t topics) commands() string { return t.root + "/device/" + t.name + "/service/+/cmd/+/+" }

// address is a topic taken apart.
type address struct {
	service string // as it stands in the topic; empty: the device itself
	channel string // cmd, a, twin; empty: the registration
	name    string // operation, alarm type, fragment
	id      string // of a command
}

// parse takes the topic of a service of the device apart, or that of a command to the device.
func (t topics) parse(topic string) (address, bool) {
	if command, ok := strings.CutPrefix(topic, t.device("cmd", "")); ok {
		name, id, _ := strings.Cut(command, "/")
		return address{channel: "cmd", name: name, id: id}, name != "" && id != "" && !strings.Contains(id, "/")
	}
	rest, ok := strings.CutPrefix(topic, t.root+"/device/"+t.name+"/service/")
	if !ok {
		return address{}, false
	}
	levels := strings.Split(rest, "/")
	for _, level := range levels {
		if level == "" {
			return address{}, false
		}
	}
	a := address{service: levels[0]}
	switch {
	case len(levels) == 1:
	case len(levels) == 3 && levels[1] != "cmd":
		a.channel, a.name = levels[1], levels[2]
	case len(levels) == 4 && levels[1] == "cmd":
		a.channel, a.name, a.id = levels[1], levels[2], levels[3]
	default:
		return address{}, false
	}
	return a, true
}

// status is the topic of a command.
func (t topics) status(r request.Request) string {
	entity := t.service("")
	if r.Via != "" {
		entity = t.root + "/" + r.Via
	}
	return entity + "/cmd/" + string(r.Op) + "/" + r.ID
}

// entity is the identifier of a service as it stands in a topic.
func (t topics) entity(service string) string { return "device/" + t.name + "/service/" + service }

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
