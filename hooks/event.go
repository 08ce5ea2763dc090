package hooks

import "time"

// Phase says when a hook is called.
type Phase string

// The phases.
const (
	Before Phase = "before" // an operation is about to be done: the answer decides
	After  Phase = "after"  // an operation is over: the answer is ignored, actions excepted
	On     Phase = "on"     // something happened, or a timer's time has come: the answer may be actions
)

// Event is what a hook sees, as plain data. What is not known is left at its
// zero value, or nil where zero would be an answer.
type Event struct {
	ID          string    `json:"id"`                     // the request's id, or the notice's own
	Phase       Phase     `json:"phase"`                  //
	Op          string    `json:"op"`                     // an [Op] or, in phase on, a [Notice]
	Time        time.Time `json:"ts"`                     // when it happened, UTC
	Attempt     int       `json:"attempt,omitempty"`      // how often this was asked before, 0 at first
	Holds       int       `json:"holds,omitempty"`        // how often in a row it was put off because a hook failed
	DeferredFor float64   `json:"deferred_for,omitempty"` // seconds since this was first asked
	Trigger     string    `json:"trigger,omitempty"`      // command, policy, timer or engine
	Actor       string    `json:"actor,omitempty"`        // who asked: cli, mqtt or a script's name
	DryRun      bool      `json:"dry_run,omitempty"`      // nothing will be done, whatever the answer

	Container *Container     `json:"container,omitempty"`
	Image     *Image         `json:"image,omitempty"`    // the image that is wanted (or runs, in a notice)
	Current   *Revision      `json:"current,omitempty"`  // update, rollback, drift: what runs now
	Desired   *Revision      `json:"desired,omitempty"`  // create, update, rollback, drift: what is to run
	Strategy  string         `json:"strategy,omitempty"` // update: replace or handover
	Changes   []string       `json:"changes,omitempty"`  // update, rollback, drift: the fields in which the two differ
	Command   *Command       `json:"command,omitempty"`  // command: which, and its arguments
	Device    *Device        `json:"device,omitempty"`   // the device when the event happened; nil: the scripts' host looks
	Patch     map[string]any `json:"patch,omitempty"`    // before: what earlier hooks changed, for later ones

	From          string  `json:"from,omitempty"`           // health, network: the state before
	To            string  `json:"to,omitempty"`             // health, network: the state now
	FailingStreak int     `json:"failing_streak,omitempty"` // health: failed checks in a row
	ExitCode      int     `json:"exit_code"`                // exit, oom, crash_loop: the main process' last exit code
	OOM           bool    `json:"oom,omitempty"`            // exit: killed for memory
	Exits         int     `json:"exits,omitempty"`          // crash_loop: how often it ended within the window
	Window        float64 `json:"window,omitempty"`         // crash_loop: seconds in which these were counted
	Topic         string  `json:"topic,omitempty"`          // mqtt: where the message was sent to
	Payload       string  `json:"payload,omitempty"`        // mqtt: the message
	Retained      bool    `json:"retained,omitempty"`       // mqtt: the broker had kept it
	Timer         string  `json:"timer,omitempty"`          // timer: whose time has come, a [Timer.ID]

	OK     bool    `json:"ok"`               // after: whether it succeeded
	Error  string  `json:"error,omitempty"`  // after: why it did not
	Result *Result `json:"result,omitempty"` // after: what came of it
}

// Container is a container as scripts see it.
type Container struct {
	Name     string            `json:"name"`
	ID       string            `json:"id"`
	State    string            `json:"state"`              // the engine's word: created running paused restarting exited dead
	Health   string            `json:"health,omitempty"`   // healthy unhealthy starting; empty without a healthcheck
	Image    string            `json:"image"`              // the reference it was created with
	Restarts *int              `json:"restarts,omitempty"` // restarts by the engine's restart policy; nil: the engine was not asked
	ExitCode int               `json:"exit_code"`
	OOM      bool              `json:"oom,omitempty"`
	Started  time.Time         `json:"started_at,omitzero"`
	Labels   map[string]string `json:"labels"`
	Group    string            `json:"group,omitempty"`   // compose project
	Service  string            `json:"service,omitempty"` // compose service
}

// Image is an image reference, taken apart, and what is known of the image.
type Image struct {
	Ref        string `json:"ref"`        // as it was asked for
	Registry   string `json:"registry"`   // docker.io when the reference names none
	Repository string `json:"repository"` // library/nginx
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
	Size       int64  `json:"size,omitempty"`   // bytes of what the device has under the reference; 0: nothing
	Arch       string `json:"arch,omitempty"`   // as the engine says it: amd64 arm64 arm
	Signed     *bool  `json:"signed,omitempty"` // whether a signature was verified; nil: nobody looked, as neither engine tells
}

// Revision is what a container is made from: an image, and what it is run with.
type Revision struct {
	Image
	Env         map[string]string `json:"env,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Restart     string            `json:"restart,omitempty"`      // the engine's word: no always unless-stopped on-failure[:N]
	Memory      int64             `json:"memory,omitempty"`       // limit in bytes; 0: none
	CPUs        float64           `json:"cpus,omitempty"`         // limit in cores; 0: none
	StopTimeout float64           `json:"stop_timeout,omitempty"` // seconds from the stop signal to the kill; 0: the engine's default
}

// Command is one that the operator has declared in edged.yaml and that somebody
// wants to be run.
type Command struct {
	Name string            `json:"name"`
	Args map[string]string `json:"args,omitempty"`
}

// Result is what came of an operation.
type Result struct {
	Outcome    string `json:"outcome,omitempty"`     // a word such as committed, rolled_back, failed
	DurationMS int64  `json:"duration_ms"`           // milliseconds, whole operation
	OutageMS   int64  `json:"outage_ms,omitempty"`   // update, rollback: milliseconds without service
	FreedBytes int64  `json:"freed_bytes,omitempty"` // prune
	ExitCode   int    `json:"exit_code,omitempty"`   // command
	Output     string `json:"output,omitempty"`      // command: the end of what it wrote
}

// What made edged consider an operation ([Event.Trigger]).
const (
	TriggerCommand = "command" // somebody asked for it
	TriggerPolicy  = "policy"  // a script asked for it
	TriggerTimer   = "timer"   // its time has come
	TriggerEngine  = "engine"  // the engine did or saw it
)
