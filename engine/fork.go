package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"
)

// Labels of a fork, by which it and its original are found.
const (
	labelFork       = "io.tedge.fork"
	labelForkedName = "io.tedge.forked.name"
)

// forkHealthTime bounds the wait for a fork to run.
const forkHealthTime = 30 * time.Second

// Fork starts a second container like currentContainer beside it, with the options laid over it, and returns when it
// runs healthily. It is how a program in a container hands work to one that outlives it, such as its own update. The
// fork is never restarted by the engine. A container that has the fork's name is removed first; a fork that fails to
// run is removed.
func (c *ContainerClient) Fork(ctx context.Context, currentContainer container.InspectResponse, cloneOptions CloneOptions) error {
	if currentContainer.ContainerJSONBase == nil {
		return wrapErr("fork container", "", errors.New("no container given"))
	}
	name := FormatContainerName(currentContainer.Name)
	plan, err := c.PlanClone(ctx, currentContainer.ID, forkOptions(name, cloneOptions))
	if err != nil {
		return wrapErr("fork container", name, err)
	}
	plan.body.host()["RestartPolicy"] = map[string]any{"Name": "no", "MaximumRetryCount": json.Number("0")}
	if cloneOptions.Name != "" {
		if err := c.StopRemoveContainer(ctx, cloneOptions.Name); err != nil {
			return wrapErr("fork container", name, err)
		}
	}
	id, err := c.CreateNext(ctx, plan, cloneOptions.Name, nil)
	if err != nil {
		return wrapErr("fork container", name, err)
	}
	if err := c.startHealthy(ctx, id); err != nil {
		return wrapErr("fork container", name, errors.Join(err, c.discard(ctx, id)))
	}
	return nil
}

// forkOptions marks a fork. The caller's labels are left alone: the map is its own.
func forkOptions(name string, o CloneOptions) CloneOptions {
	labels := map[string]string{labelFork: "1", labelForkedName: name}
	for label, value := range o.Labels {
		labels[label] = value
	}
	o.Labels = labels
	return o
}

func (c *ContainerClient) startHealthy(ctx context.Context, id string) error {
	if err := c.StartContainer(ctx, id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, forkHealthTime)
	defer cancel()
	return c.WaitForHealthy(ctx, id)
}
