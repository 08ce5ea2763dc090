package request

import "time"

// Outcome is what came of a request.
type Outcome string

// The outcomes.
const (
	Committed  Outcome = "committed"   // done
	Unchanged  Outcome = "unchanged"   // nothing to do: it is so already
	Needed     Outcome = "needed"      // a check: there is something to do
	Denied     Outcome = "denied"      // refused by policy
	Deferred   Outcome = "deferred"    // put off by policy; not final
	Failed     Outcome = "failed"      // failed before anything that ran was touched
	RolledBack Outcome = "rolled-back" // failed afterwards; what ran before runs again
	Broken     Outcome = "broken"      // failed, and so did the way back: needs a person
	Invalid    Outcome = "invalid"     // the request makes no sense
	NotFound   Outcome = "not-found"   // no container of that name
	Conflict   Outcome = "conflict"    // something else is being done to the target
	Cancelled  Outcome = "cancelled"   // called off by a person before anything was touched
)

// ExitCode is the exit code of the command line for the outcome. With --check,
// Unchanged is 2 instead: as scripts for the peer's clone expect, 0 means that
// there is something to update and 2 that there is not.
func (o Outcome) ExitCode() int {
	switch o {
	case Committed, Unchanged, Needed:
		return 0
	case Invalid:
		return 64 // EX_USAGE, as a wrong command line has it
	case NotFound:
		return 3
	case Conflict:
		return 4
	case Cancelled:
		return 5
	case Denied:
		return 10
	case Deferred:
		return 11
	case Failed:
		return 12
	case RolledBack:
		return 13
	case Broken:
		return 14
	default:
		return 1
	}
}

// OK reports whether what was asked for holds now.
func (o Outcome) OK() bool { return o == Committed || o == Unchanged || o == Needed }

// Final reports whether nothing more comes of the request.
func (o Outcome) Final() bool { return o != "" && o != Deferred }

// Result is what came of a request, in full.
type Result struct {
	ID         string    `json:"id"`
	Op         Op        `json:"op"`
	Target     string    `json:"container,omitempty"`
	Image      string    `json:"image,omitempty"`
	Outcome    Outcome   `json:"outcome"`
	Reason     string    `json:"reason,omitempty"`        // why, when it is not committed
	Changed    bool      `json:"changed"`                 // whether the device differs from before
	Until      time.Time `json:"deferred_until,omitzero"` // Deferred: asked again then
	Started    time.Time `json:"started,omitzero"`        //
	Finished   time.Time `json:"finished,omitzero"`       //
	Timing     *Timing   `json:"timing,omitempty"`        // measured by an update
	Failure    *Failure  `json:"failure,omitempty"`       // what is known of a container that failed
	ExitCode   int       `json:"exit_code,omitempty"`     // command
	Output     string    `json:"output,omitempty"`        // command: the last 4 KiB of what it wrote
	Removed    []string  `json:"removed,omitempty"`       // prune: the images
	FreedBytes int64     `json:"freed_bytes,omitempty"`   // prune: their sizes; what they shared with others stays
	Changes    []string  `json:"changes,omitempty"`       // update: the fields that changed or, for a check, would
	Module     *Module   `json:"module,omitempty"`        // software_update: the one that failed
	Retry      bool      `json:"retry,omitempty"`         // the registry or the engine was away: it may go well later
}

// Timing is what an update measured, in milliseconds.
type Timing struct {
	From      string `json:"from"`                 // image reference before
	To        string `json:"to"`                   // image reference wanted
	StopMS    int64  `json:"stop_ms"`              // asking the old one to stop -> it has exited
	StartMS   int64  `json:"start_ms"`             // asking the new one to start -> it runs
	OutageMS  int64  `json:"outage_ms"`            // the old one's exit -> the new one (or the old one again) runs
	HealthyMS int64  `json:"healthy_ms,omitempty"` // the old one's exit -> the new one passed its health gate
}

// Failure is what is known of a container that failed.
type Failure struct {
	Container string   `json:"container"`
	ExitCode  int      `json:"exit_code"`
	OOM       bool     `json:"oom,omitempty"` // killed for memory
	Health    string   `json:"health,omitempty"`
	Logs      []string `json:"logs,omitempty"` // its last lines, at most 100
}

// Progress is a step of a request under way.
type Progress struct {
	ID      string  `json:"id"`
	Op      Op      `json:"op"`
	Step    string  `json:"step"`              // such as pull, create, stop, start, gate, commit
	Text    string  `json:"text,omitempty"`    // for people
	Percent float64 `json:"percent,omitempty"` // pull: of the bytes known so far
	Bytes   int64   `json:"bytes,omitempty"`   // pull: fetched so far
	Total   int64   `json:"total,omitempty"`   // pull: known so far

	Layers     int `json:"layers,omitempty"`      // pull: known so far
	LayersDone int `json:"layers_done,omitempty"` // pull: of these, fetched
}
