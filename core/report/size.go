package report

import "edged/hooks"

// Estimated bytes of a value's fixed part, of a string's header, and of one map
// entry beside its key and value.
const (
	fixedSize  = 128
	stringSize = 16
	entrySize  = 32
)

// size estimates the bytes that a record which happened once holds in memory.
func size(r Record) int {
	switch r := r.(type) {
	case Event:
		return fixedSize + len(r.Service) + len(r.Type) + len(r.Text) + sizeOf(r.Fields)
	case Telemetry:
		n := fixedSize
		for name := range r.Services {
			n += entrySize + len(name) + 24
		}
		return n
	case Decision:
		return 2*fixedSize + eventSize(r.Event) + decisionSize(r.Decision)
	case Message:
		return fixedSize + len(r.Topic) + len(r.Payload)
	case Command:
		n := 4*fixedSize + len(r.Request.Extra)
		if r.Result != nil {
			n += len(r.Result.Output) + sizeOf(r.Result.Removed)
		}
		if r.Result != nil && r.Result.Failure != nil {
			n += sizeOf(r.Result.Failure.Logs)
		}
		return n
	default:
		return fixedSize
	}
}

func eventSize(e hooks.Event) int {
	n := 2 * fixedSize
	if e.Container != nil {
		n += fixedSize
		for k, v := range e.Container.Labels {
			n += entrySize + len(k) + len(v)
		}
	}
	return n + sizeOf(e.Changes) + len(e.Error)
}

func decisionSize(d hooks.Decision) int {
	n := len(d.Reason) + sizeOf(d.Patch) + len(d.Actions)*fixedSize
	for _, a := range d.Answers {
		n += fixedSize + len(a.Reason) + sizeOf(a.Patch)
	}
	return n
}

// sizeOf estimates the bytes of plain data.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return stringSize + len(v)
	case []string:
		n := 0
		for _, s := range v {
			n += stringSize + len(s)
		}
		return n
	case []any:
		n := 0
		for _, e := range v {
			n += sizeOf(e)
		}
		return n
	case map[string]any:
		n := 0
		for k, e := range v {
			n += entrySize + len(k) + sizeOf(e)
		}
		return n
	default:
		return stringSize
	}
}
