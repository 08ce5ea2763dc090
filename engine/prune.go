package engine

import (
	"context"
	"net/http"
	"net/url"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

// ImagesPruneUnused removes every image that no container uses, named or not. That includes an image that a container
// could be put back to; whoever needs one must not call this.
//
// A failure is an error. The package whose API this is reported success.
func (c *ContainerClient) ImagesPruneUnused(ctx context.Context) (image.PruneReport, error) {
	if c.prunesByLibpod() {
		report, err := c.pruneByLibpod(ctx)
		return report, wrapErr("prune images", "", err)
	}
	// dangling=false is how the API says "all unused ones".
	report, err := c.Client.ImagesPrune(bounded(ctx), filters.NewArgs(filters.Arg("dangling", "false")))
	return report, wrapErr("prune images", "", err)
}

func (c *ContainerClient) pruneByLibpod(ctx context.Context) (image.PruneReport, error) {
	resp, err := c.LibPod.send(bounded(ctx), http.MethodPost, "/images/prune", url.Values{"all": {"true"}}, nil)
	if err != nil {
		return image.PruneReport{}, err
	}
	defer resp.Body.Close()
	return readPruneReport(resp.Body)
}
