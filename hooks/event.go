package hooks

import "time"

// Phase says when a hook is called.
type Phase string

// The phases.
const (
	Before Phase = "before" // an operation is about to be done: the answer decides
	After  Phase = "after"  // an operation is over: the answer is ignored, actions excepted
	On     Phase = "on"     // something happened: the answer may be an action
)

// Event is what a hook sees, as plain data.
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
	Current   *Image         `json:"current,omitempty"`  // update: the image that runs now
	Strategy  string         `json:"strategy,omitempty"` // update: replace or handover
	Changes   []string       `json:"changes,omitempty"`  // update: the fields that change
	Patch     map[string]any `json:"patch,omitempty"`    // before: what earlier hooks changed, for later ones

	From          string `json:"from,omitempty"`           // health: the state before
	To            string `json:"to,omitempty"`             // health: the state now
	FailingStreak int    `json:"failing_streak,omitempty"` // health: failed checks in a row
	ExitCode      int    `json:"exit_code"`                // exit: the main process' exit code
	OOM           bool   `json:"oom,omitempty"`            // exit: killed for memory

	OK         bool   `json:"ok"`                    // after: whether it succeeded
	Error      string `json:"error,omitempty"`       // after: why it did not
	Result     string `json:"result,omitempty"`      // after: the outcome's word, such as committed
	DurationMS int64  `json:"duration_ms,omitempty"` // after: milliseconds, whole operation
	OutageMS   int64  `json:"outage_ms,omitempty"`   // after update: milliseconds without service
}

// Container is a container as scripts see it.
type Container struct {
	Name     string            `json:"name"`
	ID       string            `json:"id"`
	State    string            `json:"state"`            // the engine's word: created running paused restarting exited dead
	Health   string            `json:"health,omitempty"` // healthy unhealthy starting; empty without a healthcheck
	Image    string            `json:"image"`            // the reference it was created with
	Restarts int               `json:"restarts"`         // restarts by the engine's restart policy
	ExitCode int               `json:"exit_code"`
	OOM      bool              `json:"oom,omitempty"`
	Started  time.Time         `json:"started_at,omitzero"`
	Labels   map[string]string `json:"labels"`
	Group    string            `json:"group,omitempty"`   // compose project
	Service  string            `json:"service,omitempty"` // compose service
}

// Image is an image reference, taken apart.
type Image struct {
	Ref        string `json:"ref"`        // as it was asked for
	Registry   string `json:"registry"`   // docker.io when the reference names none
	Repository string `json:"repository"` // library/nginx
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

// What made edged consider an operation ([Event.Trigger]).
const (
	TriggerCommand = "command" // somebody asked for it
	TriggerPolicy  = "policy"  // a script asked for it
	TriggerTimer   = "timer"   // its time has come
	TriggerEngine  = "engine"  // the engine did or saw it
)
