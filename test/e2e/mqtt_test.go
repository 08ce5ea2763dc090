package e2e

import (
	"encoding/json"
	"strings"
	"time"

	"edged/test/lab"
)

// topic is the topic of one of the daemon's services, with the levels of a channel below it.
func (e *edged) topic(service string, channel ...string) string {
	return strings.Join(append([]string{e.prefix, "device", "main", "service", service}, channel...), "/")
}

// commandTopic is where a command and its status stand.
func (e *edged) commandTopic(op, id string) string { return e.topic("edged", "cmd", op, id) }

// hears waits for a message that came after since, whose payload has all parts.
func (e *edged) hears(since time.Time, topic string, parts ...string) lab.Message {
	e.t.Helper()
	return e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
		return m.Topic == topic && m.At.After(since) && containsAll(m.Payload, parts)
	})
}

// hearsCleared waits for a message without a payload.
func (e *edged) hearsCleared(since time.Time, topic string) {
	e.t.Helper()
	e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
		return m.Topic == topic && m.At.After(since) && m.Payload == ""
	})
}

// isReported waits until a service has the status, and checks that all of it is retained.
func (e *edged) isReported(since time.Time, service, status string) {
	e.t.Helper()
	e.hears(since, e.topic(service))
	e.hears(since, e.topic(service, "twin", "container"))
	e.hears(since, e.topic(service, "status", "health"), `"status":"`+status+`"`)
	e.retains(service, true)
}

// isCleared waits until nothing of a service is left on the broker.
func (e *edged) isCleared(since time.Time, service string) {
	e.t.Helper()
	for _, topic := range e.topicsOf(service) {
		e.hearsCleared(since, topic)
	}
	e.retains(service, false)
}

// neverCleared checks that a service was there all the time.
func (e *edged) neverCleared(since time.Time, service string) {
	e.t.Helper()
	for _, m := range e.ear.Messages() {
		if m.Topic == e.topic(service) && m.At.After(since) && m.Payload == "" {
			e.t.Errorf("%s was cleared at %s", m.Topic, m.At.Format(time.StampMilli))
		}
	}
}

// retains checks whether the broker stores the topics of a service.
func (e *edged) retains(service string, want bool) {
	e.t.Helper()
	for _, topic := range e.topicsOf(service) {
		if got := lab.Retained(e.t, e.settings["mqtt.url"].(string), topic); (got != "") != want {
			e.t.Errorf("retained on %s: %q", topic, got)
		}
	}
}

func (e *edged) topicsOf(service string) []string {
	return []string{e.topic(service), e.topic(service, "twin", "container"), e.topic(service, "status", "health")}
}

// send publishes a command as a mapper does: retained, and to be cleared after.
func (e *edged) send(op, id, payload string) {
	e.t.Helper()
	lab.Publish(e.t, e.settings["mqtt.url"].(string), e.commandTopic(op, id), payload, true)
}

// status is what edged says of a command.
type status struct {
	Status     string
	Reason     string
	Outcome    string
	Changed    bool
	RolledBack bool
	Mine       string // a field of the requester's own
}

// finishes waits for the end of a command.
func (e *edged) finishes(since time.Time, op, id string) status {
	e.t.Helper()
	m := e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
		done := strings.Contains(m.Payload, `"status":"successful"`) || strings.Contains(m.Payload, `"status":"failed"`)
		return m.Topic == e.commandTopic(op, id) && m.At.After(since) && done
	})
	var s status
	e.decode(m.Payload, &s)
	return s
}

// decision is a record of what the scripts decided.
type decision struct {
	Op, Phase, Verdict, Reason, Script, Container, Image string

	Failed  bool
	Patch   map[string]any
	Actions []struct{ Op string }
}

// decides waits for the record of a decision.
func (e *edged) decides(since time.Time, phase, op, verdict string) decision {
	e.t.Helper()
	m := e.hears(since, e.topic("edged", "e", "policy_decision"),
		`"phase":"`+phase+`"`, `"op":"`+op+`"`, `"verdict":"`+verdict+`"`)
	var d decision
	e.decode(m.Payload, &d)
	return d
}

func (e *edged) decode(payload string, into any) {
	e.t.Helper()
	if err := json.Unmarshal([]byte(payload), into); err != nil {
		e.t.Fatalf("%v in %s", err, payload)
	}
}
