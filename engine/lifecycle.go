package engine

import (
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"
)

// StopContainer is [ContainerClient.Stop] with the container's own timeout.
func (c *ContainerClient) StopContainer(ctx context.Context, containerID string) error {
	return c.Stop(ctx, containerID, nil)
}

// Stop sends the container's stop signal, and kills it after timeout; nil means the container's own. It returns when the
// container has exited, and its restart policy will not start it again. One that does not run is no error.
func (c *ContainerClient) Stop(ctx context.Context, nameOrID string, timeout *time.Duration) error {
	stop := func() error {
		err := wrapErr("stop container", nameOrID, c.Client.ContainerStop(ctx, nameOrID, stopOptions(timeout)))
		if err != nil && !errors.Is(err, ErrNotFound) && ctx.Err() == nil && c.isStopped(ctx, nameOrID) {
			return nil
		}
		return err
	}
	err := stop()
	if err == nil && c.restartsStopped() {
		err = c.keepStopped(ctx, nameOrID, stop)
	}
	return err
}

// stopOptions rounds the timeout up: the engine counts in seconds, and 0 means to kill at once.
func stopOptions(timeout *time.Duration) container.StopOptions {
	if timeout == nil {
		return container.StopOptions{}
	}
	seconds := int((max(*timeout, 0) + time.Second - 1) / time.Second)
	return container.StopOptions{Timeout: &seconds}
}

// RestartContainer is [ContainerClient.Restart] with the container's own timeout.
func (c *ContainerClient) RestartContainer(ctx context.Context, containerID string) error {
	return c.Restart(ctx, containerID, nil)
}

// Restart stops the container if it runs, as [ContainerClient.Stop] does, and starts it.
func (c *ContainerClient) Restart(ctx context.Context, nameOrID string, timeout *time.Duration) error {
	return wrapErr("restart container", nameOrID, c.Client.ContainerRestart(ctx, nameOrID, stopOptions(timeout)))
}

// Kill sends the signal ("SIGHUP", "9"; "" is SIGKILL). It fails with [ErrConflict] if the container does not run.
func (c *ContainerClient) Kill(ctx context.Context, nameOrID, signal string) error {
	return c.call(ctx, "kill container", nameOrID, func(ctx context.Context) error {
		return c.Client.ContainerKill(ctx, nameOrID, signal)
	})
}

// Rename gives the container a new name. It fails with [ErrConflict] if the name is taken.
func (c *ContainerClient) Rename(ctx context.Context, nameOrID, newName string) error {
	return c.call(ctx, "rename container", nameOrID, func(ctx context.Context) error {
		return c.Client.ContainerRename(ctx, nameOrID, newName)
	})
}

// Remove kills the container if it runs, removes it, and returns when it is gone. Its volumes stay, the anonymous ones
// too: there may be data in them. Not found is no error.
func (c *ContainerClient) Remove(ctx context.Context, nameOrID string) error {
	err := wrapErr("remove container", nameOrID, c.Client.ContainerRemove(ctx, nameOrID, container.RemoveOptions{Force: true}))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrConflict):
		// Someone else removes it already, for instance the engine itself because of --rm.
		return c.waitRemoved(ctx, nameOrID, err)
	}
	return err
}

// waitRemoved returns nil once the container is gone, or refused if it is not being removed at all.
func (c *ContainerClient) waitRemoved(ctx context.Context, nameOrID string, refused error) error {
	return c.watch(ctx, nameOrID, func(state State, err error) (verdict, error) {
		switch {
		case errors.Is(err, ErrNotFound):
			return verdict{done: true}, nil
		case err == nil && state.Status != "removing":
			return verdict{}, refused
		}
		return verdict{again: 100 * time.Millisecond}, err
	})
}

// StopRemoveContainer stops the container in its own time and removes it, keeping its volumes. Not found is no error.
func (c *ContainerClient) StopRemoveContainer(ctx context.Context, containerID string) error {
	if err := c.StopContainer(ctx, containerID); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return c.Remove(ctx, containerID)
}
