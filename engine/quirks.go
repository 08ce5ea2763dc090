package engine

import (
	"fmt"
	"strings"
)

// This file has every difference between engines that a clone has to know, each with its cause. The rest of the clone
// works on what Docker's API describes.

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
