package report

import (
	"encoding/json"
	"errors"

	"edged/core/request"
)

// written is a record as it stands in a file. One of its fields is set.
type written struct {
	Event     *Event          `json:"event,omitempty"`
	Telemetry *Telemetry      `json:"telemetry,omitempty"`
	Decision  *Decision       `json:"decision,omitempty"`
	Alarm     *Alarm          `json:"alarm,omitempty"`
	Command   *writtenCommand `json:"command,omitempty"`

	Loss int `json:"loss,omitempty"` // see item
}

// writtenCommand is a [Command] with what JSON leaves out of a request.
type writtenCommand struct {
	Command
	Actor string          `json:"actor,omitempty"`
	Via   string          `json:"via,omitempty"`
	Extra json.RawMessage `json:"extra,omitempty"`
	Told  bool            `json:"told,omitempty"` // somebody has taken it
}

func writtenOf(c Command) *writtenCommand {
	w := &writtenCommand{Command: c, Actor: c.Request.Actor, Via: c.Request.Via}
	if json.Valid(c.Request.Extra) {
		w.Extra = c.Request.Extra
	}
	return w
}

func (w *writtenCommand) command() Command {
	c := w.Command
	c.Request.Actor, c.Request.Via, c.Request.Extra = w.Actor, w.Via, w.Extra
	return c
}

// encode makes a line of a record.
func encode(r Record, loss int) ([]byte, error) {
	w := written{Loss: loss}
	switch r := r.(type) {
	case Event:
		w.Event = &r
	case Telemetry:
		w.Telemetry = &r
	case Decision:
		w.Decision = &r
	case Alarm:
		w.Alarm = &r
	case Command:
		w.Command = writtenOf(r)
	default:
		return nil, errors.New("keep record: it is made anew at each start")
	}
	line, err := json.Marshal(w)
	return append(line, '\n'), err
}

// decode reads a line.
func decode(line []byte) (Record, int, error) {
	var w written
	if err := json.Unmarshal(line, &w); err != nil {
		return nil, 0, err
	}
	switch {
	case w.Event != nil:
		return *w.Event, w.Loss, nil
	case w.Telemetry != nil:
		return *w.Telemetry, w.Loss, nil
	case w.Decision != nil:
		return *w.Decision, w.Loss, nil
	case w.Alarm != nil:
		return *w.Alarm, w.Loss, nil
	case w.Command != nil && w.Command.Request.Op != request.Op(""):
		return w.Command.command(), w.Loss, nil
	default:
		return nil, 0, errors.New("no record in the line")
	}
}
