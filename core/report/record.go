package report

import (
	"time"

	"edged/core/request"
	"edged/hooks"
)

// Record is one thing to tell. States ([Service], [Twin], [Health], [Alarm],
// [Command]) are replaced by newer ones of the same key; the others are told
// one by one.
type Record interface {
	// Key names the state that the record is, or is empty for what happens once.
	Key() string
}

// Service says that a service exists.
type Service struct {
	Name string // service name: a container's name, or project@service
	Type string // container or container-group
}

// Twin is what is known of a service, as JSON.
type Twin struct {
	Service  string
	Fragment string // such as container
	Value    any
}

// Status is the word for a service's health.
type Status string

// The words that thin-edge.io knows.
const (
	Up      Status = "up"
	Down    Status = "down"
	Unknown Status = "unknown"
)

// Health is whether a service does its work.
type Health struct {
	Service string
	Status  Status
	Time    time.Time
}

// Gone says that a service and all its states exist no more.
type Gone struct {
	Service string
}

// Event is something that happened to a service; an empty service is edged.
type Event struct {
	Service string
	Type    string // a word without spaces or colons, such as container_died
	Text    string
	Time    time.Time
	Fields  map[string]any
}

// Telemetry is what services use, measured at one time; the service without a name
// is edged.
type Telemetry struct {
	Time     time.Time
	Services map[string]Usage
}

// Usage is what one service uses.
type Usage struct {
	CPU    float64 // percent of all of the machine's processors
	Memory float64 // percent of the machine's memory
	NetIO  float64 // bytes received and sent since the start of its containers
}

// Severity of an alarm, as thin-edge.io has it.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	Major    Severity = "major"
	Minor    Severity = "minor"
	Warning  Severity = "warning"
)

// Alarm is raised until it is cleared; a cleared alarm has no text.
type Alarm struct {
	Service  string // empty: edged itself
	Type     string
	Severity Severity
	Text     string
	Time     time.Time
}

// Decision is what the scripts decided about an event.
type Decision struct {
	ID       string // under which the whole of it can be asked for
	Event    hooks.Event
	Decision hooks.Decision
}

// Command is how far a request has come. At most one of Progress and Result is
// set; neither means that it is being carried out. A request that came over
// MQTT is followed there from step to step; of any other, progress and end are
// events.
type Command struct {
	Request  request.Request
	Progress *request.Progress
	Result   *request.Result
	Time     time.Time      // of an event; set by [Outbox.Put]
	Answer   map[string]any `json:"-"` // to a question: further fields of its status
}

// Followed reports whether somebody follows the request by its id.
func (c Command) Followed() bool { return c.Request.Actor == request.ActorMQTT }

// Final reports whether nothing more comes of the request.
func (c Command) Final() bool { return c.Result != nil && c.Result.Outcome.Final() }

// Key implements [Record].
func (s Service) Key() string { return "service " + s.Name }

// Key implements [Record].
func (t Twin) Key() string { return "twin " + t.Service + " " + t.Fragment }

// Key implements [Record].
func (h Health) Key() string { return "health " + h.Service }

// Key implements [Record].
func (g Gone) Key() string { return "service " + g.Service }

// Key implements [Record].
func (Event) Key() string { return "" }

// Key implements [Record].
func (Telemetry) Key() string { return "" }

// Key implements [Record].
func (a Alarm) Key() string { return "alarm " + a.Service + " " + a.Type }

// Key implements [Record].
func (Decision) Key() string { return "" }

// Key implements [Record].
func (c Command) Key() string {
	if !c.Followed() {
		return ""
	}
	return CommandKey(c.Request)
}

// CommandKey is the key of the [Command] for a followed request.
func CommandKey(r request.Request) string {
	return "command " + string(r.Op) + " " + r.ID + " " + r.Via
}

// ServiceOf returns the name of the service that r is about; it is empty for edged itself.
func ServiceOf(r Record) string {
	switch r := r.(type) {
	case Service:
		return r.Name
	case Twin:
		return r.Service
	case Health:
		return r.Service
	case Gone:
		return r.Service
	case Alarm:
		return r.Service
	case Event:
		return r.Service
	default:
		return ""
	}
}
