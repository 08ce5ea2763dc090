package update

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"edged/core/request"
	"edged/engine"
)

// Interrupted is an update that an earlier run of edged left in the middle, or to a
// deputy.
type Interrupted struct {
	request request.Request
	resume  func(ctx context.Context, attempt int, progress func(request.Progress)) request.Result
}

// Interrupted finds the updates that were left in the middle, but for those of a
// container that others says, by its name and labels, is somebody else's. The ones
// that it can't make sense of are in the error, beside those that it returns.
func (u *Updater) Interrupted(ctx context.Context, others func(name string, labels map[string]string) bool) ([]Interrupted, error) {
	marked, err := u.marked(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for interrupted updates: %w", err)
	}
	marked = slices.DeleteFunc(marked, func(m engine.TedgeContainer) bool { return others(m.Container.Name, m.Container.Labels) })
	found, delegated := u.delegated(marked)
	var failures []error
	for _, m := range marked {
		labels := m.Container.Labels
		if labels[LabelReplaces] == "" && labels[LabelDeputy] == "" {
			i, err := u.unstarted(ctx, m)
			failures = append(failures, err)
			if i != nil {
				found = append(found, *i)
			}
		}
		if labels[LabelReplaces] == "" || delegated[labels[LabelReplaces]] {
			continue
		}
		t, err := u.interrupted(ctx, m)
		failures = append(failures, err)
		if t == nil {
			continue
		}
		resume, err := t.resumer(ctx)
		failures = append(failures, err)
		if err == nil {
			r := request.Request{ID: t.id, Op: request.Update, Target: t.name, Image: t.timing.To}
			found = append(found, Interrupted{r, resume})
		}
	}
	return found, errors.Join(failures...)
}

// resumer is how the transaction is resumed: by a deputy if edged's own container
// would have to be stopped or started for it.
func (t *transaction) resumer(ctx context.Context) (func(context.Context, int, func(request.Progress)) request.Result, error) {
	self, err := t.engine.SelfID(ctx)
	if err != nil {
		return nil, fmt.Errorf("recover update %s: %w", t.id, err)
	}
	return func(ctx context.Context, attempt int, progress func(request.Progress)) request.Result {
		t.progress = progress
		if t.life != nil && t.touched && self != "" && (self == t.oldID || self == t.newID) {
			return t.delegate(ctx, self, t.newResult())
		}
		return t.resume(ctx, attempt)
	}, nil
}

// Request is what was asked for, as far as the engine knows.
func (i Interrupted) Request() request.Request { return i.request }

// lastAttempt is how often an interrupted update is taken up before it is undone for
// good: perhaps it is the new container that brings the device down.
const lastAttempt = 5

// Resume ends the update one way or the other: one whose new container already has
// the name is judged again at the gate, unless that was tried too often; an earlier
// one is undone. attempt is how often it has been taken up, this time included.
func (i Interrupted) Resume(ctx context.Context, attempt int, progress func(request.Progress)) request.Result {
	return i.resume(ctx, attempt, progress)
}

// interrupted rebuilds the transaction that m's labels tell of, or returns nil if
// it has ended: its predecessor exists no more.
func (u *Updater) interrupted(ctx context.Context, m engine.TedgeContainer) (*transaction, error) {
	labels := m.Container.Labels
	t := &transaction{
		Updater:    u,
		op:         request.Update,
		id:         labels[LabelUpdate],
		name:       strings.TrimSuffix(m.Container.Name, SuffixNext),
		oldID:      labels[LabelReplaces],
		newID:      m.Container.Id,
		wasRunning: labels[LabelWasRunning] == "true",
		handover:   labels[LabelStrategy] == request.Handover,
		gate:       u.gate.labelled(labels),
	}
	old, err := u.engine.State(ctx, t.oldID)
	switch {
	case isGone(err) && m.Container.Name == t.name:
		return nil, nil
	case isGone(err):
		return nil, fmt.Errorf("recover update %s: container %s has lost its predecessor %s", t.id, m.Container.Name, t.oldID)
	case err != nil:
		return nil, fmt.Errorf("recover update %s: %w", t.id, err)
	}
	// One that still has its name was not asked to stop; any other may be stopping even now.
	t.touched = old.Name != t.name
	t.stopping = t.touched && t.wasRunning
	t.timing = request.Timing{From: old.Image, To: m.Container.Image}
	return t, nil
}

func (t *transaction) newResult() request.Result {
	return request.Result{ID: t.id, Op: t.op, Target: t.name, Image: t.timing.To, Started: time.Now()}
}

// resume ends the transaction one way or the other.
func (t *transaction) resume(ctx context.Context, attempt int) request.Result {
	res := t.newResult()
	work := context.WithoutCancel(ctx)
	var now engine.State
	err := t.persist(ctx, func(ctx context.Context) (err error) {
		now, err = t.engine.State(ctx, t.newID)
		if isGone(err) {
			// It was listed a moment ago: Docker lists what it is still making for a
			// caller that is gone, and knows nothing else of it. So ask again.
			return errors.New("look at the new container: " + err.Error())
		}
		return err
	})
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err != nil:
		return t.back(ctx, res, err)
	case now.Name != t.name:
		return t.back(ctx, res, errors.New("edged was interrupted during the update"))
	}
	t.touched, t.restarts = true, now.Restarts
	if attempt >= lastAttempt {
		return t.back(ctx, res, fmt.Errorf("edged was interrupted %d times during the update", attempt))
	}
	if err := t.settle(work, now); err != nil {
		return t.back(ctx, res, err)
	}
	return t.finish(ctx, res)
}

// settle makes sure that the new container runs and the old one does not: an
// engine that restarted may have started both, or neither. A new container that
// has ended gets another chance, for after a power cut nobody can tell whether
// it failed or the power did.
func (t *transaction) settle(ctx context.Context, now engine.State) error {
	if err := t.engine.Stop(ctx, t.oldID, nil); err != nil && !isGone(err) {
		return err
	}
	if now.Running {
		return nil
	}
	return t.startNew(ctx)
}

// clear removes what would stand in the way of the update: what an earlier update of
// ours left behind because the engine refused to remove it, a new container that never
// took over or the predecessor of the present one. Anything else is left alone.
func (u *Updater) clear(ctx context.Context, p *engine.Plan) error {
	current, err := u.engine.State(ctx, p.OldID)
	if err != nil {
		return err
	}
	for _, name := range []string{p.Name + SuffixNext, p.Name + SuffixPrev} {
		s, err := u.engine.State(ctx, name)
		if isGone(err) {
			continue
		}
		if err != nil {
			return err
		}
		neverTookOver := name == p.Name+SuffixNext && s.Labels[LabelReplaces] != ""
		if !neverTookOver && s.ID != current.Labels[LabelReplaces] {
			return fmt.Errorf("a container named %s is in the way: %w", name, engine.ErrConflict)
		}
		if err := u.engine.Remove(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}
