package update

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"edged/core/request"
	"edged/engine"
)

// The steps are done without regard to the end of ctx: what the engine has begun
// it goes on with anyway.

// How often and how soon a creation is tried again whose name is taken.
const (
	createAttempts = 5
	createRetry    = time.Second
)

func (t *transaction) create(ctx context.Context) (err error) {
	labels := map[string]string{
		LabelUpdate:     t.id,
		LabelReplaces:   t.oldID,
		LabelWasRunning: strconv.FormatBool(t.wasRunning),
		LabelStrategy:   t.strategy(),
		LabelGate:       t.gate.String(),
	}
	ctx = context.WithoutCancel(ctx)
	for range createAttempts {
		t.newID, err = t.engine.CreateNext(ctx, t.plan, t.name+SuffixNext, labels)
		if !errors.Is(err, engine.ErrConflict) {
			return err
		}
		// An engine may be at work on it for an edged that was killed: the name is taken
		// then, and by nothing that can be seen or removed yet.
		<-time.After(createRetry)
		if err := t.clear(ctx, t.plan); err != nil {
			return err
		}
	}
	return err
}

// awaitOld waits until the old container ends by itself. An engine that starts it
// again then does no harm: it is stopped as in any other update.
func (t *transaction) awaitOld(ctx context.Context) error {
	if !t.wasRunning {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.exitWithin, fmt.Errorf("the old container did not end by itself within %s", t.exitWithin))
	defer cancel()
	events, leave := t.events.Subscribe(t.oldID)
	defer leave()
	poll := time.NewTicker(gatePoll)
	defer poll.Stop()
	var began time.Time
	for {
		s, err := t.engine.State(ctx, t.oldID)
		if isGone(err) {
			return err
		}
		if err == nil && began.IsZero() {
			began = s.StartedAt
		}
		if err == nil && (!s.Running || !s.StartedAt.Equal(began)) {
			return nil
		}
		select {
		case ev := <-events:
			if ev.Action == engine.ActionDie {
				return nil
			}
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (t *transaction) stopOld(ctx context.Context) error {
	if !t.wasRunning {
		return nil
	}
	t.touched = true
	start := time.Now()
	err := t.engine.Stop(context.WithoutCancel(ctx), t.oldID, t.grace)
	t.stopping = err != nil
	t.stopped = time.Now()
	t.timing.StopMS = t.stopped.Sub(start).Milliseconds()
	return err
}

func (t *transaction) retireOld(ctx context.Context) error {
	t.touched = true
	return t.engine.Rename(context.WithoutCancel(ctx), t.oldID, t.name+SuffixPrev)
}

func (t *transaction) promoteNew(ctx context.Context) error {
	return t.engine.Rename(context.WithoutCancel(ctx), t.newID, t.name)
}

func (t *transaction) startNew(ctx context.Context) error {
	if !t.wasRunning {
		return nil
	}
	start := time.Now()
	err := t.engine.StartContainer(context.WithoutCancel(ctx), t.newID)
	t.timing.StartMS = time.Since(start).Milliseconds()
	return err
}

func (t *transaction) commit(ctx context.Context) error {
	return t.engine.Remove(ctx, t.oldID)
}

func (t *transaction) strategy() string {
	if t.handover {
		return request.Handover
	}
	return request.Replace
}

// measure takes the outage from the engine's own times, which see the exit and
// the start themselves and not our calls.
func (t *transaction) measure(old, now engine.State) {
	if t.handover {
		return // there was none
	}
	from := t.stopped
	if !old.FinishedAt.IsZero() {
		from = old.FinishedAt
	}
	if from.IsZero() || now.StartedAt.Before(from) {
		return
	}
	t.stopped = from
	t.timing.OutageMS = now.StartedAt.Sub(from).Milliseconds()
}

// undo brings the old container back, whatever was done before, in the order
// that restores the service soonest. Each part does nothing where there is
// nothing to undo.
func (t *transaction) undo(ctx context.Context) error {
	if t.newID != "" {
		if err := t.engine.Stop(ctx, t.newID, nil); err != nil && !isGone(err) {
			return fmt.Errorf("stop the new container: %w", err)
		}
		if err := t.ensureName(ctx, t.newID, t.name+SuffixNext); err != nil && !isGone(err) {
			return fmt.Errorf("take the name from the new container: %w", err)
		}
	}
	if err := t.ensureName(ctx, t.oldID, t.name); err != nil {
		return fmt.Errorf("give the old container its name back: %w", err)
	}
	if !t.wasRunning {
		return nil
	}
	if t.stopping {
		if err := t.engine.Stop(ctx, t.oldID, t.grace); err != nil {
			return fmt.Errorf("wait for the old container to stop: %w", err)
		}
		t.stopping = false
	}
	if err := t.engine.StartContainer(ctx, t.oldID); err != nil {
		return fmt.Errorf("start the old container: %w", err)
	}
	return nil
}

func (t *transaction) ensureName(ctx context.Context, id, name string) error {
	s, err := t.engine.State(ctx, id)
	if err != nil || s.Name == name {
		return err
	}
	return t.engine.Rename(ctx, id, name)
}
