package mqtt

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"edged/core/report"
)

// message is what is published, always with quality of service 1: thin-edge.io's
// mapper must not miss any of them.
type message struct {
	topic    string
	payload  []byte // nil on a retained topic: what is retained there is cleared
	retained bool
}

// twinFragment is the fragment that every container has.
const twinFragment = "container"

// encode returns the messages that tell of a delivery, in the order in which
// they are to be sent. There are none for what edged itself says otherwise: a
// container that has the name of edged's own service.
func (t topics) encode(d report.Delivery) ([]message, error) {
	switch r := d.Record.(type) {
	case report.Service:
		return t.unlessSelf(r.Name, func() ([]message, error) {
			messages, err := one(t.service(r.Name), registration{"service", r.Name, r.Type, t.parent, t.self})
			for _, op := range serviceOps() {
				messages = append(messages, message{t.service(r.Name, "cmd", string(op)), []byte("{}"), true})
			}
			return messages, err
		})
	case report.Gone:
		return t.unlessSelf(r.Service, func() ([]message, error) { return t.gone(r.Service), nil })
	case report.Health:
		return t.unlessSelf(r.Service, func() ([]message, error) {
			return state(d, t.service(r.Service, "status", "health"), health{Status: r.Status, Time: stamp(r.Time)})
		})
	case report.Twin:
		return state(d, t.service(r.Service, "twin", r.Fragment), r.Value)
	case report.Alarm:
		d.Removed = d.Removed || r.Text == ""
		return state(d, t.service(r.Service, "a", r.Type), alarm{r.Severity, r.Text, stamp(r.Time)})
	case report.Event:
		return event(t.service(r.Service, "e", r.Type), r.Text, r.Time, maps.Clone(r.Fields))
	case report.Telemetry:
		return t.telemetry(r)
	case report.Decision:
		return event(t.service("", "e", "policy_decision"), decisionText(r), r.Event.Time, decisionFields(r))
	case report.Message:
		return []message{{topic: r.Topic, payload: r.Payload}}, nil
	case report.Measurement:
		return event(t.service("", "m", r.Type), "", r.Time, map[string]any{r.Name: r.Value})
	case report.Command:
		return t.progress(r)
	default:
		return nil, fmt.Errorf("encode record: unknown type %T", r)
	}
}

// registration makes an entity known. Keeper tells by whom, so that a later run of
// edged clears what is its own to clear; it is initial twin data to thin-edge.io.
type registration struct {
	Type    string `json:"@type"`
	Name    string `json:"name"`
	Service string `json:"type"`
	Parent  string `json:"@parent"`
	Keeper  string `json:"managedBy,omitempty"`
}

type health struct {
	Status report.Status `json:"status"`
	PID    int           `json:"pid,omitempty"`
	Time   string        `json:"time,omitempty"`
}

type alarm struct {
	Severity report.Severity `json:"severity"`
	Text     string          `json:"text"`
	Time     string          `json:"time,omitempty"`
}

// gone clears what every service has, the registration last. A health topic
// that stayed behind would make the mapper register the service anew.
func (t topics) gone(service string) []message {
	messages := []message{
		{topic: t.service(service, "status", "health"), retained: true},
		{topic: t.service(service, "twin", twinFragment), retained: true},
	}
	for _, op := range serviceOps() {
		messages = append(messages, message{topic: t.service(service, "cmd", string(op)), retained: true})
	}
	return append(messages, message{topic: t.service(service), retained: true})
}

// unlessSelf keeps a container that is called as edged's own service from
// speaking in edged's name.
func (t topics) unlessSelf(service string, encode func() ([]message, error)) ([]message, error) {
	if service == t.self {
		return nil, nil
	}
	return encode()
}

// state is one retained message, or the clearing of it.
func state(d report.Delivery, topic string, value any) ([]message, error) {
	if d.Removed {
		return []message{{topic: topic, retained: true}}, nil
	}
	return one(topic, value)
}

func one(topic string, value any) ([]message, error) {
	payload, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", topic, err)
	}
	return []message{{topic, payload, true}}, nil
}

func event(topic, text string, at time.Time, fields map[string]any) ([]message, error) {
	if fields == nil {
		fields = make(map[string]any, 2)
	}
	if text != "" {
		fields["text"] = text
	}
	if !at.IsZero() {
		fields["time"] = stamp(at)
	}
	messages, err := one(topic, fields)
	if err == nil {
		messages[0].retained = false
	}
	return messages, err
}

// stamp writes a time as thin-edge.io reads it: RFC 3339, here with
// milliseconds; the zero time is left out.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
