package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
)

// recovery ends what an earlier run left in the middle.
type recovery struct {
	updater  *update.Updater
	filter   Filter
	attempts *attempts
	log      *slog.Logger
}

// find returns the interrupted updates, each counted as taken up. One of an excluded
// container is somebody else's, such as another edged's. The ones that nobody can
// make sense of are in the error, beside those that it returns; with an engine that is
// away it returns none.
func (r *recovery) find(ctx context.Context) ([]update.Interrupted, error) {
	found, err := r.updater.Interrupted(ctx, r.filter.matches)
	if errors.Is(err, engine.ErrUnreachable) {
		return nil, err
	}
	var ids []string
	for _, i := range found {
		req := i.Request()
		r.log.Warn("update was interrupted", "container", req.Target, "update", req.ID)
		ids = append(ids, req.ID)
	}
	if err == nil || len(ids) > 0 {
		r.attempts.begin(ids)
	}
	return found, err
}

// resume ends one of them. Without an outcome it is to be taken up again.
func (r *recovery) resume(ctx context.Context, i update.Interrupted, progress func(request.Progress)) request.Result {
	id := i.Request().ID
	res := i.Resume(ctx, r.attempts.of(id), progress)
	if res.Outcome.Final() {
		r.attempts.end(id)
	}
	return res
}

// Repair does once, where no daemon runs, what the daemon does at its start: it ends
// every update that was left in the middle, all at the same time, and calls ended
// with one result after the other. One without an outcome goes on by itself, as its
// reason says. What is not over when ctx ends is left to the next start.
func Repair(ctx context.Context, connect Connect, s Settings, log *slog.Logger, ended func(request.Result)) error {
	e, _, err := connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to the container engine: %w", err)
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	w := watch.New(e, log)
	wait.Go(func() { w.Run(watching) })

	r := &recovery{
		updater: update.New(e, w, s.Gate, log), filter: s.Filter, attempts: newAttempts(s.StateDir, log), log: log,
	}
	found, err := r.find(ctx)
	life, results := lifeOf(ctx), make(chan request.Result)
	for _, i := range found {
		wait.Go(func() { results <- r.resume(life, i, func(request.Progress) {}) })
	}
	for range found {
		if res := <-results; res.Outcome.Final() || res.Reason != "" {
			ended(res)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// lifeOf is the context of work that must not just be broken off when ctx ends: it
// then ends with the cause [update.ErrShutdown].
func lifeOf(ctx context.Context) context.Context {
	life, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { stop(update.ErrShutdown) })
	return life
}
