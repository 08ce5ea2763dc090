package core

import (
	"context"
	"fmt"

	"edged/core/request"
	"edged/core/update"
)

// chooseBefore has a rollback go to the image that its container was made of before the
// last update; it is over if there is none, or if it was done before edged ended.
func (a *errand) chooseBefore(ctx context.Context) (res request.Result, over bool) {
	state, err := a.engine.State(ctx, a.request.Target)
	if err != nil {
		return a.failed(err), true
	}
	if state.Labels[update.LabelUpdate] == a.request.ID {
		return ended(a.res, request.Unchanged, nil), true
	}
	before, ok := a.images.before(state.Name, state.ImageID)
	if !ok {
		return ended(a.res, request.Failed, fmt.Errorf("roll %s back: no image before %s is known", state.Name, state.Image)), true
	}
	ref, err := a.engine.ImageReference(ctx, before.ID, before.Ref)
	if err != nil {
		return a.failed(fmt.Errorf("roll %s back: %w", state.Name, err)), true
	}
	a.request.Image, a.request.Options.NoPull, a.before = ref, true, before.Ref
	return request.Result{}, false
}

// replace has the container made anew. What it is made of now is what a rollback goes
// back to, unless this is one: what it leaves is no good.
func (a *errand) replace(ctx context.Context) request.Result {
	if t := a.grace(); t != nil {
		a.request.Options.StopTimeout = request.Duration(*t)
	}
	if a.request.Op != request.Rollback && !a.request.Options.Check {
		state, err := a.engine.State(ctx, a.request.Target)
		if err != nil {
			return a.failed(err)
		}
		a.images.replacing(state.Name, madeOf{Ref: state.Image, ID: state.ImageID})
	}
	res := a.updater.Update(ctx, a.request, a.job.progress)
	res.Op, res.Started = a.res.Op, a.res.Started
	return res
}
