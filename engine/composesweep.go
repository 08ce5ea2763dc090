package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// What podman-compose leaves behind is removed here. It removes the containers of services that are no longer in the file
// never (until 1.0.3) or only if something else of the project changed, and its networks only since 1.3.0.
// See https://github.com/containers/podman-compose/blob/v1.3.0/podman_compose.py (compose_up and compose_down).

// removeOrphans removes the containers that a project's tool made in dir for services that its files haven't got. Files
// that include others don't tell all services, so then nothing is removed.
func (c *ContainerClient) removeOrphans(ctx context.Context, dir string) error {
	services, whole, err := serviceNames(dir)
	if err != nil || !whole {
		return err
	}
	list, err := c.summaries(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", labelWorkingDir+"="+dir))})
	if err != nil {
		return err
	}
	for _, item := range list {
		if _, found := services[item.Labels[labelService]]; !found {
			err = errors.Join(err, c.StopRemoveContainer(ctx, item.ID))
		}
	}
	return err
}

// serviceNames are the services of the compose files in dir; whole is false if files include others.
func serviceNames(dir string) (services map[string]composeService, whole bool, err error) {
	paths, err := composePaths(nil, dir)
	if err != nil {
		return nil, false, err
	}
	services = map[string]composeService{}
	for _, path := range paths {
		document, _, err := readCompose(path)
		if err == nil && len(document.Content) > 0 && valueOf(document.Content[0], "include") != nil {
			return nil, false, nil
		}
		if _, err := mergeServices(path, nil, services); err != nil {
			return nil, false, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return services, true, nil
}

// sweepProject removes all that bears a project's label.
func (c *ContainerClient) sweepProject(ctx context.Context, project string) error {
	same := filters.NewArgs(filters.Arg("label", labelProject+"="+project))
	containers, err := c.LookupProject(ctx, project, "")
	for _, item := range containers {
		err = errors.Join(err, c.StopRemoveContainer(ctx, item.ID))
	}
	if err != nil {
		return err
	}
	networks, err := c.Client.NetworkList(bounded(ctx), network.ListOptions{Filters: same})
	for _, item := range networks {
		err = errors.Join(err, c.Client.NetworkRemove(bounded(ctx), item.ID))
	}
	if err != nil {
		return err
	}
	volumes, err := c.Client.VolumeList(bounded(ctx), volume.ListOptions{Filters: same})
	for _, item := range volumes.Volumes {
		err = errors.Join(err, c.Client.VolumeRemove(bounded(ctx), item.Name, false))
	}
	return err
}
