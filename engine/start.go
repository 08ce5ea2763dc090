package engine

import (
	"context"
	"strings"
	"time"
)

// portAttempts bounds how often a start is repeated because the port of the container before isn't free yet.
const portAttempts = 6

// startPatiently starts a container that takes over the ports of one that has just stopped. The engine's proxy may
// hold a port for a moment longer; only that is worth another attempt.
func (c *ContainerClient) startPatiently(ctx context.Context, id string) error {
	pause := backoff{first: 100 * time.Millisecond, last: time.Second}
	for attempt := 1; ; attempt++ {
		err := c.StartContainer(ctx, id)
		if err == nil || attempt == portAttempts || !portTaken(err) {
			return err
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

// portTaken knows the words of Docker, of the kernel, and of Podman's netavark.
func portTaken(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "address already in use") || strings.Contains(text, "port is already allocated")
}

// pauseFor waits for d, or until ctx ends, whose error it then returns.
func pauseFor(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
