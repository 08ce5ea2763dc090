package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// The files quirks*.go have every difference between engines, each with its cause: this one those that images and clones
// have to know, quirkspodman.go what is peculiar to a clone on Podman, quirkswatch.go what listing, watching and waiting
// have to know of Podman, quirksstop.go what stopping has to, quirksdocker.go those between versions of Docker. All else works on what Docker's API describes.
// What tells the compose tools apart stands in composecli.go, and what one of them leaves behind in composesweep.go.

// podmanBefore reports whether the engine is a Podman older than major.minor. A version that can't be read isn't old.
func (c *ContainerClient) podmanBefore(major, minor int) bool {
	parts := strings.SplitN(c.Engine.Version, ".", 3)
	if !c.IsPodman() || len(parts) < 2 {
		return false
	}
	x, errX := strconv.Atoi(parts[0])
	y, errY := strconv.Atoi(parts[1])
	return errX == nil && errY == nil && (x < major || x == major && y < minor)
}

// pullsByLibpod: before version 5 Podman's Docker API tells a failed pull as "write /dev/stderr: input/output error", or
// not at all. Its own API tells it, but no bytes of progress.
// See https://github.com/thin-edge/tedge-container-plugin (Podman 4.4).
func (c *ContainerClient) pullsByLibpod() bool {
	return c.LibPod != nil && c.podmanBefore(5, 0)
}

// prunesByLibpod: before version 4.8 Podman's Docker API doesn't understand "dangling=false".
// See https://github.com/containers/podman/issues/20469.
func (c *ContainerClient) prunesByLibpod() bool {
	return c.LibPod != nil && c.podmanBefore(4, 8)
}

// changesRestartPolicy: Podman before 5.1 can't change the policy of an existing container.
// See https://github.com/containers/podman/pull/22430.
func (c *ContainerClient) changesRestartPolicy() bool {
	return !c.podmanBefore(5, 1)
}

// straighten brings the inspects into the form that Docker's API describes.
func (s *cloneSource) straighten() {
	if s.native != nil {
		s.straightenPodman()
	}
}

// refuse says what of the container can't be carried over by any means, before anything is touched.
func (s *cloneSource) refuse() error {
	host := s.container.object("HostConfig")
	if host.flag("AutoRemove") && s.container.object("State").flag("Running") {
		// The engine removes such a container in the moment it stops, so there would be no way back.
		return fmt.Errorf("%w: HostConfig.AutoRemove", ErrNotCarried)
	}
	for label := range s.container.object("Config", "Labels") {
		if strings.HasPrefix(label, "com.docker.swarm.task") {
			// Swarm replaces its tasks by itself and would count the new one as a stray.
			return fmt.Errorf("%w: Config.Labels.%s: a task of a swarm", ErrNotCarried, label)
		}
	}
	if s.native != nil {
		return s.refusePodman()
	}
	return nil
}
