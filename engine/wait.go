package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ContainerStatusHealthy is the word of the engine for a passed healthcheck.
var ContainerStatusHealthy = "healthy"

const (
	// settleTime is how long a container without a healthcheck must run without an exit to count as healthy.
	settleTime = 3 * time.Second
	// pollInterval is the net below the events: Podman can be set up to have none.
	pollInterval = 5 * time.Second
)

// verdict is what a look at a container's state amounts to.
type verdict struct {
	done  bool
	again time.Duration // look again after this long even without an event; 0 is pollInterval
}

// WaitForStop returns when the container does not run any more, or is gone. It fails with [ErrNotFound] if it was not
// there to begin with.
func (c *ContainerClient) WaitForStop(ctx context.Context, containerID string) error {
	seen := false
	err := c.watch(ctx, containerID, func(state State, err error) (verdict, error) {
		if errors.Is(err, ErrNotFound) && seen {
			return verdict{done: true}, nil
		}
		seen = seen || err == nil
		return verdict{done: err == nil && !state.Running}, err
	})
	return wrapErr("wait for stop", "", err)
}

// WaitForHealthy returns when the healthcheck has passed or, for a container without one, when it has been seen running
// for three seconds. It fails at once with [ErrConflict] if the container exits, and with [ErrNotFound] if it is gone.
// One that turns unhealthy may still recover and is waited for until ctx ends.
func (c *ContainerClient) WaitForHealthy(ctx context.Context, containerID string) error {
	var gate healthGate
	err := c.watch(ctx, containerID, func(state State, err error) (verdict, error) {
		if err != nil {
			return verdict{}, err
		}
		return gate.check(state, time.Now())
	})
	if ctx.Err() != nil && err != nil && gate.health != "" {
		err = fmt.Errorf("still %s: %w", gate.health, err)
	}
	return wrapErr("wait for healthy", "", err)
}

// healthGate judges one state after another.
type healthGate struct {
	health    string
	startedAt time.Time
	since     time.Time // when it was first seen running since startedAt, by our own clock, which does not jump
}

// check is the verdict at the time now, or an error if there can't be a good one any more.
func (g *healthGate) check(state State, now time.Time) (verdict, error) {
	g.health = state.Health
	switch {
	case state.Status == "exited" || state.Status == "dead" || state.Status == "restarting":
		return verdict{}, fmt.Errorf("container %s exited with code %d: %w", state.Name, state.ExitCode, ErrConflict)
	case state.Status != "running":
		return verdict{}, nil
	case state.Health != "":
		return verdict{done: state.Health == ContainerStatusHealthy}, nil
	}
	if !state.StartedAt.Equal(g.startedAt) || g.since.IsZero() {
		g.startedAt, g.since = state.StartedAt, now
	}
	left := settleTime - now.Sub(g.since)
	return verdict{done: left <= 0, again: max(left, time.Millisecond)}, nil
}

// watch calls check with the container's state now, after each of its events, when the event stream stands anew, and
// now and then besides, until check is done or fails. A state that could not be read comes as err; an unreachable engine
// is waited for.
func (c *ContainerClient) watch(ctx context.Context, nameOrID string, check func(State, error) (verdict, error)) error {
	state, err := c.State(ctx, nameOrID)
	first, failure := check(state, err)
	if first.done || failure != nil && !errors.Is(failure, ErrUnreachable) {
		return failure
	}
	following, cancel := context.WithCancel(ctx)
	events := c.eventsOf(following, map[string][]string{"container": {cmp.Or(state.ID, nameOrID)}})
	defer func() {
		cancel()
		for range events {
		}
	}()
	for next := first; ; {
		if err := untilNews(ctx, events, cmp.Or(next.again, pollInterval)); err != nil {
			return err
		}
		next, failure = check(c.State(ctx, nameOrID))
		if next.done || failure != nil && !errors.Is(failure, ErrUnreachable) {
			return failure
		}
	}
}

// untilNews blocks until an event comes, atMost has passed, or ctx ends, whose error it returns.
func untilNews(ctx context.Context, events <-chan Event, atMost time.Duration) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-events:
	case <-timer.C:
	}
	return ctx.Err()
}
