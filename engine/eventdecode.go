package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
)

// message is one event as either engine sends it, in Docker's words after decoding.
type message struct {
	events.Message
	// HealthStatus is Podman's field for what Docker puts into the action.
	HealthStatus string `json:"HealthStatus,omitempty"`
}

// healthAction is how Docker begins the action of a health event: "health_status: healthy".
const healthAction = "health_status"

// decodeEvent reads one line of an event stream. It returns nil for events that nobody wants: those of exec calls, of
// which each healthcheck makes three, and Podman's housekeeping.
func decodeEvent(line []byte, podman bool) (*message, error) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	if strings.HasPrefix(string(m.Action), "exec") {
		return nil, nil
	}
	if podman && m.isHousekeeping() {
		return nil, nil
	}
	if podman {
		m.translate()
	}
	return &m, nil
}

// event is the notice as the typed API gives it; false for kinds that it leaves out.
func (n notice) event() (Event, bool) {
	if n.message == nil {
		return Event{Kind: KindEngine, Action: n.action, Time: time.Now(), Err: n.err}, true
	}
	m := n.message
	e := Event{
		Kind: EventKind(m.Type), Action: Action(m.Action), ID: m.Actor.ID,
		Name: m.Actor.Attributes["name"], Time: time.Unix(0, m.TimeNano),
	}
	switch e.Kind {
	case KindContainer:
		e.fill(m.Actor.Attributes)
		return e, true
	case KindImage:
		return e, true
	}
	return Event{}, false
}

// fill takes a container's particulars from the attributes, among which engines mix its labels.
func (e *Event) fill(attributes map[string]string) {
	e.Image = attributes["image"]
	e.OldName = FormatContainerName(attributes["oldName"])
	if health, ok := strings.CutPrefix(string(e.Action), healthAction); ok {
		e.Action, e.Health = ActionHealth, healthWord(strings.TrimPrefix(health, ": "))
	}
	if e.Action == ActionDie {
		// Without a number, or with a broken one, 0 is all that can be said.
		e.ExitCode, _ = strconv.Atoi(attributes["exitCode"])
	}
	e.Labels = maps.Clone(attributes)
	for _, own := range ownAttributes {
		delete(e.Labels, own)
	}
}

// ownAttributes are those that are no labels.
var ownAttributes = [...]string{"image", "name", "oldName", "exitCode", "execDuration", "signal", "containerExitCode", "podId", healthAction}
