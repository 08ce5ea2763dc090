package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// This file has what Podman gets wrong about stopping.

// isStopped: Podman 4 refuses to stop what was created and never started.
func (c *ContainerClient) isStopped(ctx context.Context, nameOrID string) bool {
	state, err := c.State(ctx, nameOrID)
	return err == nil && !state.Running
}

// restartsStopped: Podman may start a container again that was stopped when it had just exited, because of its restart
// policy. The versions 4.3, 5.4 and 5.8 all did, although 4.6 was to mend it.
// See https://github.com/containers/podman/pull/18267.
func (c *ContainerClient) restartsStopped() bool { return c.LibPod != nil }

// stopRounds is how often a container can slip away: it must exit in the moment between our look at it and what follows.
const stopRounds = 20

// keepStopped sees to it that a container that was stopped stays so, whatever its restart policy. It calls stop again
// when the container has got away.
func (c *ContainerClient) keepStopped(ctx context.Context, nameOrID string, stop func() error) error {
	for range stopRounds {
		left, err := c.leftByStop(ctx, nameOrID)
		if err != nil || left.settled() {
			return err
		}
		if left.awaitsRestart() {
			// What is initialized anew has no exit any more that the policy could answer, and stopping it clears it away.
			if err := c.initialize(ctx, nameOrID); err != nil && !errors.Is(err, ErrConflict) {
				return err
			}
		}
		if err := stop(); err != nil {
			return err
		}
	}
	return wrapErr("stop container", nameOrID, fmt.Errorf("its restart policy starts it again and again: %w", ErrConflict))
}

// leftByStop is a container after a stop, in Podman's own words.
type leftByStop struct {
	State      struct{ Status string }
	HostConfig struct{ RestartPolicy struct{ Name string } }
}

func (c *ContainerClient) leftByStop(ctx context.Context, nameOrID string) (leftByStop, error) {
	var left leftByStop
	err := c.call(ctx, "inspect container", nameOrID, func(ctx context.Context) error {
		return c.LibPod.getJSON(ctx, "/containers/"+url.PathEscape(nameOrID)+"/json", nil, &left)
	})
	return left, err
}

// settled: Podman calls exited what is cleaned up after its exit, which includes the answer of its restart policy.
func (l leftByStop) settled() bool {
	policy, status := l.HostConfig.RestartPolicy.Name, l.State.Status
	return policy == "" || policy == "no" || status == "exited" || status == "created"
}

// awaitsRestart: the process has ended, and Podman has yet to clean up after it.
func (l leftByStop) awaitsRestart() bool { return l.State.Status == "stopped" }

// initialize makes the container ready to start, as new. It fails with [ErrConflict] if the container runs.
func (c *ContainerClient) initialize(ctx context.Context, nameOrID string) error {
	return c.call(ctx, "initialize container", nameOrID, func(ctx context.Context) error {
		resp, err := c.LibPod.send(ctx, http.MethodPost, "/containers/"+url.PathEscape(nameOrID)+"/init", nil, nil)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}
