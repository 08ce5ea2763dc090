package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"edged/core/request"
	"edged/hooks"
)

// maxCommand is the largest payload of a command that is read, in bytes. It is
// kept as long as the command is.
const maxCommand = 32 << 10

// payload is what a command carries. Further fields are the requester's own.
type payload struct {
	Status  *string                    `json:"status"`
	Target  string                     `json:"container"`
	Image   string                     `json:"image"`
	Options map[string]json.RawMessage `json:"options"`

	Updates []struct { // software_update
		Type    string           `json:"type"`
		Modules []request.Module `json:"modules"`
	} `json:"updateList"`
}

// decode reads the command whose operation and id r has. The request is set as far
// as it was understood, also beside an error, which names the field that is wrong.
func decode(r request.Request, body []byte) (_ request.Request, status string, err error) {
	r.Trigger, r.Actor = hooks.TriggerCommand, request.ActorMQTT
	if len(body) > maxCommand {
		return r, "", fmt.Errorf("payload: %d bytes, at most %d are read", len(body), maxCommand)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return r, "", fieldError(err)
	}
	r.Extra = slices.Clone(body)
	if p.Status == nil {
		return r, "", errors.New("field status: missing")
	}
	if *p.Status == "" {
		return r, "", errors.New("field status: empty")
	}
	if r.Via == "" {
		r.Target = p.Target // else the entity is the target
	}
	r.Image = p.Image
	for _, u := range p.Updates {
		for _, m := range u.Modules {
			m.Type, m.File = u.Type, "" // a file of the device's is nobody's who is elsewhere
			r.Modules = append(r.Modules, m)
		}
	}
	if *p.Status != statusInit && *p.Status != statusExecuting {
		return r, *p.Status, nil // it is over, or of interest to others; the rest does not matter
	}
	if err := decodeOptions(p.Options, &r.Options); err != nil {
		return r, *p.Status, err
	}
	if r.Op == request.SoftwareUpdate && r.Modules == nil {
		return r, *p.Status, errors.New("field updateList: missing or empty")
	}
	if r.Op.IsQuestion() {
		return r, *p.Status, r.ValidateQuestion()
	}
	return r, *p.Status, r.Validate()
}

// decodeOptions reads one field after the other, so that an error of whatever
// kind can name its field. A misspelt option would be ignored in silence.
func decodeOptions(fields map[string]json.RawMessage, into *request.Options) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		one, err := json.Marshal(map[string]json.RawMessage{name: fields[name]})
		if err != nil {
			return fmt.Errorf("field options.%s: %w", name, err)
		}
		d := json.NewDecoder(bytes.NewReader(one))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			return optionError(name, err)
		}
	}
	return nil
}

func optionError(name string, err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("field options.%s: want %s, got %s", name, wrong.Type, wrong.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return fmt.Errorf("field options.%s: unknown option", name)
	default:
		return fmt.Errorf("field options.%s: %w", name, err)
	}
}

func fieldError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("field %s: want %s, got %s", wrong.Field, plainType(wrong), wrong.Value)
	}
	return fmt.Errorf("payload: not a JSON object: %w", err)
}

func plainType(err *json.UnmarshalTypeError) string {
	if strings.HasPrefix(err.Type.String(), "map[") {
		return "object"
	}
	return err.Type.String()
}
