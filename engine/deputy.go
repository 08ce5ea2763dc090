package engine

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// SelfID is the ID of the container that this process runs in, or "" if the engine runs none such. See
// [ContainerClient.Self] for how it is found.
func (c *ContainerClient) SelfID(ctx context.Context) (string, error) {
	if !IsInsideContainer() {
		return "", nil
	}
	self, err := c.Self(ctx)
	if errors.Is(err, ErrNotFound) {
		return "", nil // a container of another engine
	}
	if err != nil {
		return "", err
	}
	return self.ID, nil
}

// PlanDeputy computes a sibling of a container that runs command instead, for [ContainerClient.CreateNext]. It is of the
// very image that the container was made from, whatever the reference means now, and may do what the container may. It
// has nothing that only one of them can have: no port, and no network where the engine's socket needs none. The engine
// starts it again until it exits with 0; it has no healthcheck, and belongs to no compose project.
func (c *ContainerClient) PlanDeputy(ctx context.Context, nameOrID string, command []string) (*Plan, error) {
	state, err := c.State(ctx, nameOrID)
	if err != nil {
		return nil, wrapErr("plan deputy", nameOrID, err)
	}
	plan, err := c.PlanClone(ctx, state.ID, forkOptions(state.Name, CloneOptions{
		Image: state.ImageID, Entrypoint: command[:1], Cmd: command[1:],
		IgnorePorts: true, SkipNetwork: strings.HasPrefix(c.Host(), "unix://"),
	}))
	if err != nil {
		return nil, wrapErr("plan deputy", state.Name, err)
	}
	plan.body.host()["RestartPolicy"] = map[string]any{"Name": "on-failure", "MaximumRetryCount": json.Number("0")}
	config := plan.body.config()
	config["Healthcheck"] = map[string]any{"Test": []any{"NONE"}}
	labels := config.section("Labels")
	for name := range labels {
		if strings.HasPrefix(name, "com.docker.compose.") {
			delete(labels, name)
		}
	}
	return plan, nil
}
