package update

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/core/request"
	"edged/engine"
)

// How a rollback deals with an engine that does not answer: it waits for it.
const undoRetry = 500 * time.Millisecond

// undoAttempts bounds the tries of a rollback that the engine refuses. An engine
// that is away is not a refusal, and is waited for without an end.
const undoAttempts = 5

// failureLogLines is how much of a failed container's log is kept.
const failureLogLines = 100

// back undoes the update because of cause, and says what came of it. If edged ends
// while the engine is away, there is no outcome yet.
func (t *transaction) back(ctx context.Context, res request.Result, cause error) request.Result {
	work := context.WithoutCancel(ctx)
	t.tell("rollback")
	t.findNew(ctx)
	touched := t.touched || t.taken(ctx)
	failure := t.exitOf(work)
	cause = explained(cause, failure)
	if err := t.persist(ctx, t.undo); errors.Is(err, ErrShutdown) {
		return res
	} else if err != nil {
		res.Failure = failure
		t.log.Error("update: rollback failed", "container", t.name, "update", t.id, "cause", cause, "error", err)
		return ended(res, request.Broken, fmt.Sprintf("%v; and the rollback failed: %v", cause, err))
	}
	if t.newID != "" {
		t.keepLog(work, failure)
		err := t.persist(ctx, func(ctx context.Context) error { return t.engine.Remove(ctx, t.newID) })
		if errors.Is(err, ErrShutdown) {
			return res
		}
		if err != nil && !isGone(err) {
			t.log.Warn("update: the failed container could not be removed; the next start tries again",
				"container", t.name, "update", t.id, "error", err)
		}
	}
	res.Failure = failure
	if !touched {
		return failed(ctx, res, cause)
	}
	t.outageOfOld(work)
	res.Timing = &t.timing
	return ended(res, request.RolledBack, cause.Error())
}

// findNew looks for a new container of ours whose creation was not answered: an
// engine that broke off may have created it all the same.
func (t *transaction) findNew(ctx context.Context) {
	if t.newID != "" {
		return
	}
	_ = t.persist(ctx, func(ctx context.Context) error {
		s, err := t.engine.State(ctx, t.name+SuffixNext)
		if err == nil && s.Labels[LabelUpdate] == t.id {
			t.newID = s.ID
		}
		return err
	})
}

// taken reports whether the old container has lost its place, or had lost it, which
// is so if a transaction that recovery found had come further than its creation.
func (t *transaction) taken(ctx context.Context) bool {
	var old, next engine.State
	_ = t.persist(ctx, func(ctx context.Context) (err error) {
		if old, err = t.engine.State(ctx, t.oldID); err != nil || t.newID == "" {
			return err
		}
		next, err = t.engine.State(ctx, t.newID)
		return err
	})
	displaced := old.ID != "" && (old.Name != t.name || t.wasRunning && !old.Running)
	return displaced || !t.handover && !next.StartedAt.IsZero()
}

// persist does what must be done: an engine that is away is waited for, one that
// refuses is asked a few times. Calling the request off does not end it; the end of
// edged does while the engine is away, by ErrShutdown: recovery goes on from there.
func (u *Updater) persist(ctx context.Context, do func(context.Context) error) error {
	for refusals := 0; ; {
		err := do(context.WithoutCancel(ctx))
		switch {
		case err == nil, isGone(err):
			return err
		case !errors.Is(err, engine.ErrUnreachable):
			refusals++
		case isShutdown(ctx):
			return fmt.Errorf("%w: %w", ErrShutdown, err)
		}
		if refusals >= undoAttempts {
			return err
		}
		<-time.After(undoRetry)
	}
}

func isShutdown(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrShutdown) }

// exitOf looks at the new container before the rollback stops it: afterwards its
// exit code would be the rollback's.
func (t *transaction) exitOf(ctx context.Context) *request.Failure {
	if t.newID == "" {
		return nil
	}
	s, err := t.engine.State(ctx, t.newID)
	if err != nil || s.StartedAt.IsZero() {
		return nil
	}
	return &request.Failure{Container: t.name, ExitCode: s.ExitCode, OOM: s.OOMKilled, Health: s.Health}
}

// keepLog keeps the last lines of the new container, once the old one runs again.
func (t *transaction) keepLog(ctx context.Context, f *request.Failure) {
	if f == nil {
		return
	}
	var buf bytes.Buffer
	err := t.engine.ContainerLogs(ctx, &buf, t.newID, engine.LogsOptions{Tail: fmt.Sprint(failureLogLines)})
	if err != nil {
		t.log.Warn("update: read the failed container's log", "container", t.name, "update", t.id, "error", err)
	}
	if text := strings.TrimRight(buf.String(), "\n"); text != "" {
		f.Logs = strings.Split(text, "\n")
	}
}

// outageOfOld measures the outage of an update that was rolled back.
func (t *transaction) outageOfOld(ctx context.Context) {
	now, err := t.engine.State(ctx, t.oldID)
	if err == nil && now.StartedAt.After(t.stopped) && !t.stopped.IsZero() {
		t.timing.OutageMS = now.StartedAt.Sub(t.stopped).Milliseconds()
	}
}

// failed completes the result of an update before which nothing was touched. One
// that failed only because edged ends has no outcome: it is to be done yet.
func failed(ctx context.Context, res request.Result, err error) request.Result {
	outcome := request.Failed
	switch {
	case isShutdown(ctx) && (errors.Is(err, ErrShutdown) || errors.Is(err, context.Canceled)):
		return res
	case errors.Is(err, ErrCalledOff), errors.Is(err, context.Canceled):
		outcome = request.Cancelled
	case isGone(err) && !errors.Is(err, engine.ErrNoImage):
		outcome = request.NotFound
	}
	return ended(res, outcome, err.Error())
}

func isGone(err error) bool { return errors.Is(err, engine.ErrNotFound) }
