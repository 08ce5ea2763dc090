package update

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/core/request"
	"edged/engine"
)

// gatePoll is how often the gate looks at the container itself. It lives by
// events; looking is only the net under them.
const gatePoll = 2 * time.Second

// pass waits until the new container has proved itself: healthy, if it has a
// healthcheck, else running for a while without an exit or a restart. It ends at
// once when the container exits, is killed for memory, or turns unhealthy.
func (t *transaction) pass(ctx context.Context) error {
	if !t.wasRunning {
		return nil
	}
	events, cancel := t.events.Subscribe(t.newID)
	defer cancel()
	first, err := t.firstLook(ctx)
	if err != nil {
		return fmt.Errorf("look at the new container: %w", err)
	}
	if old, err := t.engine.State(ctx, t.oldID); err == nil {
		t.measure(old, first)
	}
	limit := t.gate.StableFor
	if first.Health != "" {
		limit = t.gate.Healthy
	}
	if err := t.wait(ctx, events, first, limit); err != nil {
		return err
	}
	if !t.stopped.IsZero() {
		t.timing.HealthyMS = time.Since(t.stopped).Milliseconds()
	}
	return nil
}

// stillGood makes sure that the new container has not failed since the gate.
func (t *transaction) stillGood(ctx context.Context) error {
	if !t.wasRunning {
		return nil
	}
	now, err := t.firstLook(ctx)
	if err != nil {
		return err
	}
	if v := t.verdictOf(now, now); v.err != nil {
		return v.err
	}
	return nil
}

// firstLook waits for an engine that is away: its absence says nothing about the
// container. It fails with the cause of ctx when that has ended.
func (t *transaction) firstLook(ctx context.Context) (s engine.State, err error) {
	err = t.persist(ctx, func(ctx context.Context) (err error) {
		s, err = t.engine.State(ctx, t.newID)
		return err
	})
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	return s, err
}

// wait returns nil when the container has passed, or why it did not.
func (t *transaction) wait(ctx context.Context, events <-chan engine.Event, first engine.State, limit time.Duration) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	poll := time.NewTicker(gatePoll)
	defer poll.Stop()
	v := t.verdictOf(first, first)
	for !v.final {
		select {
		case ev := <-events:
			v = t.verdictOfEvent(ctx, ev, first)
		case <-poll.C:
			v = t.look(ctx, first)
		case <-end.C:
			v = t.atTheEnd(ctx, first, limit)
			end.Reset(gatePoll)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return v.err
}

// verdict is what the gate thinks of the new container.
type verdict struct {
	final bool
	err   error // why it failed; nil and final is passed
	known bool  // the engine was asked, and answered
}

func passed() verdict { return verdict{final: true} }

func fails(format string, args ...any) verdict {
	return verdict{final: true, err: fmt.Errorf(format, args...)}
}

// verdictOfEvent decides on what the engine just said, without asking it again
// where the event says it all.
func (t *transaction) verdictOfEvent(ctx context.Context, ev engine.Event, first engine.State) verdict {
	if ev.Kind == engine.KindContainer && ev.Time.Before(first.StartedAt) {
		return verdict{} // it tells of an earlier life
	}
	switch ev.Action {
	case engine.ActionDie:
		return verdict{final: true, err: &exitError{ev.ExitCode}}
	case engine.ActionOOM:
		return fails("the new container ran out of memory")
	case engine.ActionHealth:
		if v := verdictOfHealth(ev.Health); v.final {
			return v
		}
		// Podman 4 tells the health from before the check that it reports about.
		return t.look(ctx, first)
	case engine.ActionStart, engine.ActionConnected:
		// Our own start may be told late; the container itself says whether it was another.
		return t.look(ctx, first)
	default:
		return verdict{}
	}
}

// exitError is the exit of the new container, as the engine's event tells it. Whether
// it was killed for memory stands only in its state on some engines, and is looked up
// when the rollback has begun: an engine that cleans up after an exit answers late.
type exitError struct{ code int }

func (e *exitError) Error() string {
	return fmt.Sprintf("the new container exited with code %d", e.code)
}

// explained is cause with what became known of the container since.
func explained(cause error, f *request.Failure) error {
	if exit, ok := errors.AsType[*exitError](cause); ok && f != nil && f.OOM {
		return fmt.Errorf("the new container ran out of memory (exit code %d)", exit.code)
	}
	return cause
}

func verdictOfHealth(health string) verdict {
	switch health {
	case "healthy":
		return passed()
	case "unhealthy":
		return fails("the new container is unhealthy")
	default:
		return verdict{}
	}
}

// look asks the engine about the container. An engine that is away may come
// back with the container running: that is the end's to judge.
func (t *transaction) look(ctx context.Context, first engine.State) verdict {
	now, err := t.engine.State(ctx, t.newID)
	switch {
	case isGone(err):
		return fails("the new container was removed")
	case err != nil:
		return verdict{}
	default:
		v := t.verdictOf(now, first)
		v.known = true
		return v
	}
}

// verdictOf judges the state that the engine tells, against the first one seen.
func (t *transaction) verdictOf(now, first engine.State) verdict {
	switch {
	case now.OOMKilled:
		return fails("the new container ran out of memory (exit code %d)", now.ExitCode)
	case !now.Running || now.Status == "restarting":
		return fails("the new container exited with code %d", now.ExitCode)
	case now.Restarts > t.restarts || !now.StartedAt.Equal(first.StartedAt):
		return fails("the new container was restarted")
	case now.Health != "":
		return verdictOfHealth(now.Health)
	case t.gate.StableFor == 0:
		return passed()
	default:
		return verdict{}
	}
}

// atTheEnd judges when the time is over: without a healthcheck, having lasted is
// enough. While the engine does not answer, nothing can be said.
func (t *transaction) atTheEnd(ctx context.Context, first engine.State, limit time.Duration) verdict {
	v := t.look(ctx, first)
	switch {
	case v.final || !v.known:
		return v
	case first.Health != "":
		return fails("the new container did not become healthy within %s", limit)
	default:
		return passed()
	}
}
