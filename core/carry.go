package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/engine"
)

// do carries the errand out. The scripts have allowed it.
func (a *errand) do(ctx context.Context) request.Result {
	if ctx.Err() != nil {
		return calledOff(ctx, a.res)
	}
	work := context.WithoutCancel(ctx) // what has begun is not broken off: half a restart is an outage
	var err error
	switch a.request.Op {
	case request.Pull:
		err = a.pull(ctx, a.request.Image, a.request.Options.Always)
	case request.Install:
		return a.install(ctx)
	case request.Update:
		return a.update(ctx)
	case request.Rollback:
		return a.replace(ctx)
	case request.Start:
		err = a.engine.StartContainer(work, a.request.Target)
	case request.Stop:
		err = a.engine.Stop(work, a.request.Target, a.grace())
	case request.Restart:
		err = a.engine.Restart(work, a.request.Target, a.grace())
	case request.Prune:
		return a.prune(ctx)
	case request.Remove:
		return a.remove(work)
	case request.Command:
		return a.command(ctx)
	}
	if err != nil {
		return a.failed(err)
	}
	return ended(a.res, request.Committed, nil)
}

// pull fetches an image and tells how far it has come. With always the registry
// is asked even if the image is present.
func (a *errand) pull(ctx context.Context, ref string, always bool) error {
	attempts := a.settings.PullAttempts
	if n := a.request.Options.Attempts; n > 0 {
		attempts = n
	}
	var auth func(context.Context, int) (string, error)
	if a.settings.Login != nil {
		auth = func(ctx context.Context, attempt int) (string, error) { return a.settings.Login(ctx, ref, attempt > 1) }
	}
	return a.bring(ctx, ref, func() error {
		return a.engine.Pull(ctx, ref, always, engine.ImagePullOptions{
			AuthFunc:    auth,
			MaxAttempts: attempts,
			Wait:        a.settings.PullWait,
			Silence:     a.settings.PullSilence,
			Progress: func(p engine.PullProgress) {
				a.job.progress(request.Progress{
					ID: a.request.ID, Op: a.request.Op, Step: "pull", Text: p.Status,
					Percent: percent(p.Current, p.Total), Bytes: p.Current, Total: p.Total,
					Layers: p.Layers, LayersDone: p.LayersDone,
				})
			},
		})
	})
}

// fetch pulls an image as a part of something else, which scripts are asked
// about like any other pull.
func (a *errand) fetch(ctx context.Context, always bool) error {
	if a.request.Options.NoPull || a.request.Image == "" {
		return nil
	}
	ev, err := a.pullEvent(ctx, a.request.Image)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, ev); err != nil {
		return err
	}
	res := request.Result{Started: time.Now()}
	err = a.pull(ctx, a.request.Image, always)
	if res = ended(res, request.Committed, nil); err != nil {
		res = ended(res, request.Failed, err)
	}
	a.tellAfter(ctx, ev, res)
	return err
}

// install creates and starts a container, or updates the one of that name. What an
// earlier run of edged has made for this very request is gone on with.
func (a *errand) install(ctx context.Context) request.Result {
	state, err := a.engine.State(ctx, a.request.Target)
	begun := err == nil && update.Installed(state, a.request.ID)
	switch {
	case err == nil && !begun:
		return a.update(ctx)
	case err != nil && !errors.Is(err, engine.ErrNotFound):
		return a.failed(err)
	case begun && a.request.Options.Like != "" && !state.StartedAt.IsZero():
		return ended(a.res, request.Committed, nil)
	case a.request.Options.Check && !begun:
		return ended(a.res, request.Needed, nil)
	}
	create := func(context.Context) (string, error) { return state.ID, nil }
	if !begun {
		if err := a.fetch(ctx, false); err != nil {
			return a.refused(err)
		}
		if err := a.engine.CheckPlatform(ctx, a.request.Image); err != nil {
			return a.failed(err)
		}
		create = a.create
	}
	res := a.updater.Install(ctx, a.request, create, a.job.progress)
	res.Started = a.res.Started
	return res
}

// create makes a container of the request alone, or like another one: with its volumes,
// networks and variables, but not its ports, to run once.
func (a *errand) create(ctx context.Context) (string, error) {
	o := a.request.Options
	if o.Like == "" {
		return a.engine.Create(ctx, a.spec())
	}
	plan, err := a.engine.PlanClone(ctx, o.Like, engine.CloneOptions{
		Image: a.request.Image, Env: o.Env, Labels: o.Labels, Cmd: o.Command, Entrypoint: o.Entrypoint,
		Restart: "no", AutoRemove: o.AutoRemove, IgnorePorts: true,
	})
	if err != nil {
		return "", err
	}
	return a.engine.CreateNext(ctx, plan, a.request.Target, map[string]string{update.LabelUpdate: a.request.ID, update.LabelReplaces: ""})
}

// update replaces a container. Without an image it gets the present one again,
// in its newest version.
func (a *errand) update(ctx context.Context) request.Result {
	if err := a.chooseImage(ctx); err != nil {
		return a.failed(err)
	}
	unasked, err := a.refresh(ctx)
	if err != nil {
		return a.refused(err)
	}
	return withoutRegistry(a.replace(ctx), unasked)
}

// refresh fetches the image anew. If the registry can't be reached and the image is
// present, that one will do; unasked is then why nobody knows whether it is the newest.
func (a *errand) refresh(ctx context.Context) (unasked, err error) {
	err = a.fetch(ctx, true)
	if errors.Is(err, engine.ErrOffline) && a.engine.CheckPlatform(ctx, a.request.Image) == nil {
		return err, nil
	}
	return nil, err
}

// withoutRegistry completes the result of an update to an image of which nobody knows
// whether it is the newest, because of unasked; nil: it is. A device without a network
// can be brought to an image that was brought to it, and hears that it was no newer
// one. But that there is nothing to do would be no more than a guess.
func withoutRegistry(res request.Result, unasked error) request.Result {
	switch {
	case unasked == nil:
	case res.Outcome == request.Unchanged:
		return ended(res, request.Failed, fmt.Errorf("%w; the container is of the image that is present, which may be enough: ask for no pull then", unasked))
	case res.Outcome == request.Committed, res.Outcome == request.Needed:
		res.Reason = fmt.Sprintf("with the image that is present, since %v", unasked)
	}
	return res
}

// chooseImage has the present image updated if none is asked for.
func (a *errand) chooseImage(ctx context.Context) error {
	if a.request.Image != "" {
		return nil
	}
	state, err := a.engine.State(ctx, a.request.Target)
	a.request.Image = state.Image
	return err
}

// remove stops and removes a container; one that does not exist is removed.
func (a *errand) remove(ctx context.Context) request.Result {
	if a.request.Target == a.selfName {
		return a.failed(errOwn(a.selfName))
	}
	err := a.engine.Stop(ctx, a.request.Target, a.grace())
	if errors.Is(err, engine.ErrNotFound) {
		return ended(a.res, request.Unchanged, nil)
	}
	if err == nil {
		err = a.engine.Remove(ctx, a.request.Target)
	}
	if err != nil {
		return a.failed(err)
	}
	a.images.removed(a.request.Target)
	return ended(a.res, request.Committed, nil)
}

func (a *errand) grace() *time.Duration {
	if a.request.Options.StopTimeout == 0 {
		return a.settings.StopTimeout
	}
	d := time.Duration(a.request.Options.StopTimeout)
	return &d
}

func (a *errand) spec() engine.CreateSpec {
	o := a.request.Options
	labels := maps.Clone(o.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[update.LabelUpdate] = a.request.ID
	return engine.CreateSpec{
		Name: a.request.Target, Image: a.request.Image, Env: o.Env, Labels: labels, Ports: o.Ports,
		Volumes: o.Volumes, Network: o.Network, Restart: o.Restart, Command: o.Command, StopTimeout: a.grace(),
		Memory: o.Memory, CPUs: o.CPUs, PublishAll: a.job.request.Op == request.SoftwareUpdate,
	}
}

func percent(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole) * 100
}
