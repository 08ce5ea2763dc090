package engine

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
)

// portAttempts bounds how often a start is repeated because a port isn't free.
const portAttempts = 6

// StartContainer starts the container. One that runs already is no error. The engine's proxy may hold a port for a moment
// longer than the container that has just stopped: a port that is taken is waited for, up to 3 s.
func (c *ContainerClient) StartContainer(ctx context.Context, containerID string) error {
	patience := backoff{first: 100 * time.Millisecond, last: time.Second}
	for attempt := 1; ; attempt++ {
		err := wrapErr("start container", containerID, c.Client.ContainerStart(ctx, containerID, container.StartOptions{}))
		if err == nil || attempt == portAttempts || !portTaken(err) {
			return err
		}
		if err := patience.wait(ctx); err != nil {
			return err
		}
	}
}

// portTaken knows the words of Docker, of the kernel, and of Podman's netavark.
func portTaken(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "address already in use") || strings.Contains(text, "port is already allocated")
}
