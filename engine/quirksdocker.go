package engine

import (
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// This file has the differences between versions of Docker.

// Docker 20.10 answers all who ask for statistics when its collector comes round, once a second; whoever is not there by
// then waits for the next time. Later versions answer at once. See https://github.com/moby/moby/pull/40478.
const (
	// statsStagger is after how long a question is taken to wait inside the engine rather than to be worked on.
	statsStagger = 10 * time.Millisecond
	// statsSlow tells an engine that makes us wait for its collector from one that answers at once.
	statsSlow = 100 * time.Millisecond
)

// nameStats fills in whose statistics they are. Docker 24 to 28 leave that out of an answer given at once.
// See https://github.com/moby/moby/pull/51302.
func (c *ContainerClient) nameStats(ctx context.Context, v *container.StatsResponse, nameOrID string) error {
	state, err := c.State(ctx, nameOrID)
	v.ID, v.Name = state.ID, state.Name
	return err
}

// createSingle creates the network, and takes it back if another of its name came at the same time: Docker before 25 looks
// for the name and makes the network in two steps. It reports whether there certainly is one now, for those who come at
// the same time may all take theirs back. See https://github.com/moby/moby/issues/18864.
func (c *ContainerClient) createSingle(ctx context.Context, name string) (single bool, err error) {
	err = c.call(ctx, "create network", name, func(ctx context.Context) error {
		made, err := c.Client.NetworkCreate(ctx, name, network.CreateOptions{})
		if err != nil {
			return err
		}
		same, err := c.networks(ctx, name)
		if err != nil || len(same) == 1 {
			single = true
			return err
		}
		return c.Client.NetworkRemove(ctx, made.ID)
	})
	if errors.Is(err, ErrConflict) {
		return true, nil // someone else was faster
	}
	return single, err
}
