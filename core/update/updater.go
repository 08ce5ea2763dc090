package update

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"edged/core/request"
	"edged/engine"
)

// Engine is what an Updater needs of the engine.
type Engine interface {
	PlanClone(ctx context.Context, nameOrID string, opts engine.CloneOptions) (*engine.Plan, error)
	CreateNext(ctx context.Context, p *engine.Plan, name string, labels map[string]string) (id string, err error)
	State(ctx context.Context, nameOrID string) (engine.State, error)
	Stop(ctx context.Context, nameOrID string, timeout *time.Duration) error
	StartContainer(ctx context.Context, nameOrID string) error
	Rename(ctx context.Context, nameOrID, newName string) error
	Remove(ctx context.Context, nameOrID string) error
	ContainerLogs(ctx context.Context, w io.Writer, nameOrID string, opts engine.LogsOptions) error
	List(ctx context.Context, options engine.FilterOptions) ([]engine.TedgeContainer, error)
	SelfID(ctx context.Context) (string, error)
	PlanDeputy(ctx context.Context, nameOrID string, command []string) (*engine.Plan, error)
	WaitForStop(ctx context.Context, nameOrID string) error
}

// Events delivers a container's events as they happen.
type Events interface {
	Subscribe(id string) (events <-chan engine.Event, cancel func())
}

// Labels that a container carries from an update. They are the journal: a
// container with LabelReplaces whose predecessor still exists is an update that
// has not ended.
const (
	LabelUpdate     = "io.edged.update"      // the id of the request; of an installation, too
	LabelReplaces   = "io.edged.replaces"    // the id of the container that it takes the place of
	LabelWasRunning = "io.edged.was-running" // whether that one ran: true or false
	LabelStrategy   = "io.edged.strategy"    // replace or handover
	LabelGate       = "io.edged.gate"        // the [Gate] that it must stand
)

// Names of containers in the middle of an update end in these.
const (
	SuffixNext = ".edged-next" // the new one, before it takes over
	SuffixPrev = ".edged-prev" // the old one, until the new one is committed
)

// Updater carries out updates.
type Updater struct {
	engine Engine
	events Events
	gate   Gate
	log    *slog.Logger

	life    context.Context // see EnableDeputies
	command []string
}

// New returns an Updater whose updates stand gate unless they bring their own.
func New(e Engine, events Events, gate Gate, log *slog.Logger) *Updater {
	return &Updater{engine: e, events: events, gate: gate, log: log}
}

// Update replaces the container r.Target as r says; the wanted image must be
// present. step is called as each step begins.
//
// When ctx ends before the old container was stopped, the update is undone; when
// it ends later, the update is rolled back. With [ErrShutdown] as its cause the
// result may be without an outcome: then the update is undone, and to be asked for
// again, or left to [Updater.Interrupted] of the next start.
func (u *Updater) Update(ctx context.Context, r request.Request, step func(request.Progress)) request.Result {
	res := request.Result{ID: r.ID, Op: r.Op, Target: r.Target, Image: r.Image, Started: time.Now()}
	plan, err := u.engine.PlanClone(ctx, r.Target, cloneOptions(r))
	if err != nil {
		return failed(ctx, res, err)
	}
	res.Changes = plan.Changes
	if len(plan.Changes) == 0 && !r.Options.Force {
		return ended(res, request.Unchanged, "")
	}
	if r.Options.Check {
		return ended(res, request.Needed, "")
	}
	if r.Options.Strategy == request.Handover && len(plan.Exclusive) > 0 {
		return failed(ctx, res, fmt.Errorf("hand over %s: the old and the new container can't both have %s; use the strategy %s",
			plan.Name, strings.Join(plan.Exclusive, ", "), request.Replace))
	}
	if err := u.clear(ctx, plan); err != nil {
		return failed(ctx, res, err)
	}
	self, err := u.engine.SelfID(ctx)
	if err != nil {
		return failed(ctx, res, err)
	}
	t := u.transaction(r, plan, step)
	if self == plan.OldID {
		return t.delegate(ctx, self, res)
	}
	return t.run(ctx, res)
}

func cloneOptions(r request.Request) engine.CloneOptions {
	var ignored []string
	for _, name := range r.Options.IgnoreEnv {
		ignored = append(ignored, name+"=")
	}
	return engine.CloneOptions{
		Image:       r.Image,
		Env:         r.Options.Env,
		Labels:      r.Options.Labels,
		Restart:     r.Options.Restart,
		Memory:      r.Options.Memory,
		CPUs:        r.Options.CPUs,
		Cmd:         r.Options.Command,
		Entrypoint:  r.Options.Entrypoint,
		ExtraHosts:  r.Options.AddHosts,
		StopTimeout: time.Duration(r.Options.StopTimeout),

		IgnoreEnvVars: ignored,
	}
}

// ended completes a result.
func ended(res request.Result, o request.Outcome, reason string) request.Result {
	res.Outcome, res.Reason, res.Finished = o, reason, time.Now()
	res.Changed = o == request.Committed
	return res
}
