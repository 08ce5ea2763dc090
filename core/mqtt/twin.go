package mqtt

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// ownFragment is the digital-twin fragment of edged's own service.
const ownFragment = "edged"

// errTwin ends a session in which another edged of the same name was heard that has
// been there longer.
var errTwin = errors.New("another edged with the same service name or client id uses this broker, and was there first")

// identity is what tells this run of edged from all others.
type identity struct {
	Version string `json:"version"`
	PID     int    `json:"pid"`
	Host    string `json:"host,omitempty"`
	Started string `json:"started"`

	spoke atomic.Bool            // a broker has its word
	other atomic.Pointer[string] // who spoke in the same name and gives way
}

// heard is who spoke in the same name, empty: nobody.
func (i *identity) heard() string {
	if text := i.other.Load(); text != nil {
		return *text
	}
	return ""
}

func newIdentity(version string) identity {
	host, _ := os.Hostname() // only for people to see which device it is
	return identity{Version: version, PID: os.Getpid(), Host: host, Started: time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")}
}

// twin takes in who speaks as edged. Before this run has spoken, what is stored there
// is the word of the run before. Afterwards it is that of a second edged: with the same
// client id the two throw each other out, with different ones both are heard. The one
// that was started later gives way.
func (i inbox) twin(topic string, body []byte, retained bool) {
	if len(body) == 0 || retained && !i.spoke {
		return
	}
	var other identity
	if err := json.Unmarshal(body, &other); err != nil {
		i.grumble.ignored(topic, err)
		return
	}
	if other.Started == i.self.Started && other.PID == i.self.PID {
		i.self.spoke.Store(true)
		return
	}
	if other.Started == "" {
		return
	}
	i.grumble.twin(&other)
	who := fmt.Sprintf("(on %s, process %d, since %s)", other.Host, other.PID, other.Started)
	if other.Started < i.self.Started {
		i.end(fmt.Errorf("%w %s", errTwin, who))
		return
	}
	who = "another edged with the same service name or client id was heard at " + time.Now().Format(time.DateTime) + " " + who
	i.self.other.Store(&who)
	i.handler.Trouble(who)
	i.answer()
}
