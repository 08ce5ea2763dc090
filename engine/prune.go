package engine

import (
	"context"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

// ImagesPruneUnused removes every image that no container uses, named or not. That includes an image that a container
// could be put back to; whoever needs one must not call this.
//
// A failure is an error. The package whose API this is reported success.
func (c *ContainerClient) ImagesPruneUnused(ctx context.Context) (image.PruneReport, error) {
	// dangling=false is how the API says "all unused ones".
	report, err := c.Client.ImagesPrune(ctx, filters.NewArgs(filters.Arg("dangling", "false")))
	if err == nil || c.LibPod == nil {
		return report, wrapErr("prune images", "", err)
	}
	// Podman before 4.8 fails there, see https://github.com/containers/podman/issues/20469.
	return c.LibPod.pruneImages(ctx, nil)
}
