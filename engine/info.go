package engine

import "context"

// DataRoot is the folder in which the engine keeps images and containers, on the machine where it runs.
func (c *ContainerClient) DataRoot(ctx context.Context) (string, error) {
	info, err := c.Client.Info(bounded(ctx))
	return info.DockerRootDir, wrapErr("ask for the data folder", "", err)
}
