// Package request has the words for what edged is asked to do and what came of
// it. A request comes from a person (command line), over MQTT, or from a policy
// script, and takes the same road whoever asked.
package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"edged/hooks"
)

// Op is what is asked for.
type Op string

// The operations that can be requested.
const (
	Pull     Op = "pull"     // fetch an image
	Install  Op = "install"  // create and start a new container, or update the one of that name
	Update   Op = "update"   // replace a container by one with another image or other settings
	Rollback Op = "rollback" // update a container to the image that it had before
	Start    Op = "start"    // start a stopped container
	Stop     Op = "stop"     // stop a running container
	Restart  Op = "restart"  // stop and start a container
	Prune    Op = "prune"    // remove images that edged has fetched and that nothing needs
	Remove   Op = "remove"   // stop and remove a container
)

// Ops returns every operation, in the order in which documents list them.
func Ops() []Op { return []Op{Pull, Install, Update, Rollback, Start, Stop, Restart, Remove, Prune} }

// Becomes is the operation as which an interrupted op is found when edged starts again: to
// install a container that exists is to update it, and so is to roll one back.
func (op Op) Becomes() Op {
	if op == Install || op == Rollback {
		return Update
	}
	return op
}

// Command runs a command that the operator has declared. Only scripts ask for it: it is
// none of [Ops].
const Command Op = "command"

// The questions that can be asked over MQTT, where there is no command line. They
// change nothing and scripts are not asked about them.
const (
	Ps     Op = "ps"     // what containers there are
	Status Op = "status" // how the daemon is
	Logs   Op = "logs"   // the end of a container's log
	Cancel Op = "cancel" // call a request off
)

// Questions returns every question, in the order in which documents list them.
func Questions() []Op { return []Op{Ps, Status, Logs, Cancel} }

// IsQuestion reports whether op is one of [Questions], or [SoftwareList].
func (op Op) IsQuestion() bool { return op == SoftwareList || slices.Contains(Questions(), op) }

// ValidateQuestion is [Request.Validate] for a question.
func (r Request) ValidateQuestion() error {
	switch {
	case r.Op == Logs && r.Target == "":
		return fmt.Errorf("%s %s: field container is missing", r.Op, r.ID)
	case r.Op == Logs && (r.Options.Tail < 0 || r.Options.Tail > MaxTail):
		return fmt.Errorf("%s %s: field tail: want at most %d lines, got %d", r.Op, r.ID, MaxTail, r.Options.Tail)
	case r.Op == Cancel && r.Options.Request == "":
		return fmt.Errorf("%s %s: field request is missing", r.Op, r.ID)
	}
	return nil
}

// MaxTail is how many log lines can be asked for over MQTT.
const MaxTail = 1000

// Request is one thing to do. Its JSON form is what the API takes; an MQTT
// command carries the same fields beside its status.
type Request struct {
	ID      string         `json:"id"`                  // unique; made up by [Request.Complete] when empty
	Op      Op             `json:"op"`                  //
	Target  string         `json:"container,omitempty"` // the container's name; unused by pull
	Image   string         `json:"image,omitempty"`     // pull, install, update: the wanted reference; with like it may be that one's
	Options Options        `json:"options,omitzero"`    //
	Run     *hooks.Command `json:"run,omitempty"`       // command: which, and its arguments
	Modules []Module       `json:"modules,omitempty"`   // software_update: what is wanted
	Trigger string         `json:"-"`                   // hooks.Trigger*: why it exists
	Actor   string         `json:"-"`                   // who asked: [ActorCLI], [ActorMQTT], or a script's name
	After   time.Duration  `json:"-"`                   // wait this long before anything is done
	Recover bool           `json:"-"`                   // a restart because of ill health: scripts are asked about "recover"
	Via     string         `json:"-"`                   // MQTT: the entity at which it was asked for; empty is edged's own service

	// Extra is the JSON object that an MQTT command came with: its status is told with the requester's own fields.
	// Whoever reports about a request passes it on unchanged.
	Extra json.RawMessage `json:"-"`
}

// Who asks for a request, scripts aside.
const (
	ActorCLI  = "cli"
	ActorMQTT = "mqtt"
)

// Options are the settings of a request. The zero value means: as it is now, or
// as configured.
type Options struct {
	Env         []string          `json:"env,omitempty"`           // install, update: NAME=value
	Labels      map[string]string `json:"labels,omitempty"`        // install, update
	Ports       []string          `json:"ports,omitempty"`         // install: [host:][port:]port[/proto]
	Volumes     []string          `json:"volumes,omitempty"`       // install: source:target[:options]
	Network     string            `json:"network,omitempty"`       // install
	Restart     string            `json:"restart,omitempty"`       // install, update: restart policy, such as unless-stopped
	Memory      int64             `json:"memory,omitempty"`        // install, update: limit in bytes
	CPUs        float64           `json:"cpus,omitempty"`          // install, update: limit in cores
	Command     []string          `json:"command,omitempty"`       // install, update
	Like        string            `json:"like,omitempty"`          // install: the container whose settings it has; it is left to itself
	AutoRemove  bool              `json:"auto_remove,omitempty"`   // install with like: the engine removes it when it ends
	Entrypoint  []string          `json:"entrypoint,omitempty"`    // update, install with like
	AddHosts    []string          `json:"add_hosts,omitempty"`     // update: host:address
	IgnoreEnv   []string          `json:"ignore_env,omitempty"`    // update: names of variables that the new container does not take over
	WaitForExit Duration          `json:"wait_for_exit,omitempty"` // update: wait so long for the old container to end by itself; 0: it is stopped
	StopTimeout Duration          `json:"stop_timeout,omitempty"`  // stop, restart, remove, update
	HealthGate  Duration          `json:"health_gate,omitempty"`   // install, update: longest time to become healthy
	StableFor   Duration          `json:"stable_for,omitempty"`    // install, update: without a healthcheck, time to run without an exit
	Attempts    int               `json:"attempts,omitempty"`      // pull: how often to try; 0 is as configured
	Strategy    string            `json:"strategy,omitempty"`      // update: replace (if empty) or handover
	NoPull      bool              `json:"no_pull,omitempty"`       // install, update: use the image that is present
	Always      bool              `json:"always,omitempty"`        // pull: ask the registry even if the image is present
	Force       bool              `json:"force,omitempty"`         // update: replace even if nothing changed
	Check       bool              `json:"check,omitempty"`         // install, update: only say whether there is something to do
	Tail        int               `json:"tail,omitempty"`          // logs: how many lines; 0 is 100
	OlderThan   Duration          `json:"older_than,omitempty"`    // prune: only what was fetched longer ago
	Request     string            `json:"request,omitempty"`       // cancel: id of the request
}

// The strategies of an update.
const (
	Replace  = "replace"  // the old container stops before the new one starts
	Handover = "handover" // the new one must be healthy before the old one stops
)

// Validate says what is missing or wrong, naming the field.
func (r Request) Validate() error {
	needsTarget, needsImage := r.OnContainer(), r.Op == Pull || r.Op == Install && r.Options.Like == ""
	switch r.Op {
	case Command:
		if r.Trigger != hooks.TriggerPolicy || r.Run == nil {
			return fmt.Errorf("request %s: field op: only scripts have commands run", r.ID)
		}
	case Pull, Install, Update, Rollback, Start, Stop, Restart, Remove, Prune:
	case SoftwareUpdate:
		for i := range r.Modules {
			if err := r.Modules[i].validate(); err != nil {
				return fmt.Errorf("%s %s: %w", r.Op, r.ID, err)
			}
		}
	case "":
		return fmt.Errorf("request %s: field op is missing", r.ID)
	default:
		return fmt.Errorf("request %s: field op: unknown operation %q", r.ID, r.Op)
	}
	if r.Options.AutoRemove && r.Options.Like == "" {
		return fmt.Errorf("%s %s: field auto_remove: one that is gone can't be put back; only install with like takes it", r.Op, r.ID)
	}
	if r.Options.WaitForExit != 0 && r.Options.Strategy == Handover {
		return fmt.Errorf("%s %s: field wait_for_exit: there is nothing to wait for with the strategy %s", r.Op, r.ID, Handover)
	}
	switch r.Options.Strategy {
	case "", Replace, Handover:
	default:
		return fmt.Errorf("%s %s: field strategy: want %s or %s, got %q", r.Op, r.ID, Replace, Handover, r.Options.Strategy)
	}
	if needsTarget && r.Target == "" {
		return fmt.Errorf("%s %s: field container is missing", r.Op, r.ID)
	}
	if needsImage && r.Image == "" {
		return fmt.Errorf("%s %s: field image is missing", r.Op, r.ID)
	}
	if r.Options.Check && r.Op != Install && r.Op != Update {
		return fmt.Errorf("%s %s: field check: only install and update can be checked", r.Op, r.ID)
	}
	return nil
}

// OnContainer reports whether the request is for a container, its Target.
func (r Request) OnContainer() bool {
	return r.Op != Pull && r.Op != Prune && r.Op != Command && r.Op != SoftwareUpdate
}

// Key is what no two requests may work on at the same time.
func (r Request) Key() string {
	switch r.Op {
	case Pull:
		return "image " + r.Image
	case Prune:
		return "images"
	case Command:
		return "command " + r.Run.Name
	case SoftwareUpdate:
		return "software"
	default:
		return ContainerKey(r.Target)
	}
}

// ContainerKey is the key of whoever works on a container.
func ContainerKey(name string) string { return TypeContainer + " " + name }

// Hook is the operation that scripts are asked about.
func (r Request) Hook() hooks.Op {
	switch {
	case r.Recover:
		return hooks.OpRecover
	case r.Op == Install:
		return hooks.OpCreate
	default:
		return hooks.Op(r.Op)
	}
}
