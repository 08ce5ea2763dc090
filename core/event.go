package core

import (
	"cmp"
	"context"
	"errors"
	"time"

	"edged/core/request"
	"edged/core/watch"
	"edged/engine"
	"edged/hooks"
)

// event is what scripts see before the errand is done.
func (a *errand) event(ctx context.Context) (hooks.Event, error) {
	r := a.request
	ev := hooks.Event{
		ID: r.ID, Phase: hooks.Before, Op: string(r.Hook()), Time: time.Now().UTC(),
		Attempt: a.attempt, Holds: a.holds, DeferredFor: a.waited().Seconds(),
		Trigger: r.Trigger, Actor: r.Actor, DryRun: r.Options.Check,
	}
	if r.Op == request.Update || r.Op == request.Rollback {
		ev.Strategy = a.strategy()
	}
	if r.Image != "" {
		img, err := hooks.ParseImage(cmp.Or(a.before, r.Image))
		if err != nil {
			return ev, err
		}
		ev.Image = &img
	}
	if ev.Command = r.Run; !r.OnContainer() {
		if ev.Image != nil {
			a.describe(ctx, ev.Image, r.Image)
		}
		return ev, nil
	}
	return ev, a.addContainer(ctx, &ev)
}

// strategy is how a container is updated.
func (a *errand) strategy() string { return cmp.Or(a.request.Options.Strategy, request.Replace) }

// addContainer completes ev with the container as it is. Only what makes a
// container, or wants it gone, may go without one. To install what exists is to
// update it, and scripts are asked about that.
func (a *errand) addContainer(ctx context.Context, ev *hooks.Event) error {
	state, err := a.engine.State(ctx, a.request.Target)
	switch {
	case errors.Is(err, engine.ErrNotFound) && (a.request.Op == request.Install || a.request.Op == request.Remove):
		ev.Container = &hooks.Container{Name: a.request.Target, Image: a.request.Image, Labels: a.request.Options.Labels}
		if ev.Image != nil {
			a.compose(ctx, ev)
		}
		return nil
	case err != nil:
		return err
	}
	if a.request.Op == request.Install {
		ev.Op, ev.Strategy = string(hooks.OpUpdate), a.strategy()
	}
	ev.Container = containerOf(state)
	a.compare(ctx, ev, state)
	return nil
}

// pullEvent is what scripts see before an image is pulled for the container of the errand.
func (a *errand) pullEvent(ctx context.Context, ref string) (hooks.Event, error) {
	img, err := hooks.ParseImage(ref)
	ev := hooks.Event{
		ID: a.request.ID, Phase: hooks.Before, Op: string(hooks.OpPull), Time: time.Now().UTC(),
		Attempt: a.attempt, Holds: a.holds, DeferredFor: a.waited().Seconds(),
		Trigger: a.request.Trigger, Actor: a.request.Actor,
		Container: &hooks.Container{Name: a.request.Target, Image: ref, Labels: a.request.Options.Labels},
		Image:     &img,
	}
	if state, err := a.engine.State(ctx, a.request.Target); err == nil {
		ev.Container = containerOf(state)
	}
	a.describe(ctx, &img, ref)
	return ev, err
}

func containerOf(s engine.State) *hooks.Container {
	return &hooks.Container{
		Name: s.Name, ID: s.ID, State: s.Status, Health: s.Health, Image: s.Image, Restarts: new(s.Restarts),
		ExitCode: s.ExitCode, OOM: s.OOMKilled, Started: s.StartedAt, Labels: s.Labels, Group: s.Group, Service: s.Service,
	}
}

// observedContainer is a container as the watcher knows it, without asking the engine.
func observedContainer(c watch.Container) *hooks.Container {
	return &hooks.Container{
		Name: c.Name, ID: c.ID, State: c.State, Health: c.Health, Image: c.Detail.Container.Image,
		ExitCode: c.ExitCode, OOM: c.OOM, Started: c.Started, Labels: c.Detail.Container.Labels, Group: c.Group(), Service: c.ComposeService(),
	}
}
