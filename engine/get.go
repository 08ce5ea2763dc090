package engine

import (
	"context"
	"fmt"
	"regexp"
)

// GetContainer is the container with the ID, the beginning of one, or else the name. It fails with [ErrNotFound] if there is none and
// with [ErrConflict] if the beginning fits several.
func (c *ContainerClient) GetContainer(ctx context.Context, containerID string) (*TedgeContainer, error) {
	for _, options := range lookups(containerID) {
		found, err := c.List(ctx, options)
		switch {
		case err != nil:
			return nil, fmt.Errorf("get container %s: %w", containerID, err)
		case len(found) == 1:
			return &found[0], nil
		case len(found) > 1:
			return nil, fmt.Errorf("get container %s: %w: fits %d containers", containerID, ErrConflict, len(found))
		}
	}
	return nil, fmt.Errorf("get container %s: %w", containerID, ErrNotFound)
}

var hexID = regexp.MustCompile(`^[0-9a-f]{4,64}$`)

// lookups are the questions to ask for nameOrID, the likelier first. A name may look like the beginning of an ID.
func lookups(nameOrID string) []FilterOptions {
	byName := FilterOptions{Names: []string{regexp.QuoteMeta(FormatContainerName(nameOrID))}}
	if !hexID.MatchString(nameOrID) {
		return []FilterOptions{byName}
	}
	byID := FilterOptions{IDs: []string{nameOrID}}
	if len(nameOrID) < 12 {
		return []FilterOptions{byName, byID}
	}
	return []FilterOptions{byID, byName}
}

// GetRestartCount is how often the engine has restarted the container by its restart policy. Restarts by hand don't count.
func (c *ContainerClient) GetRestartCount(ctx context.Context, containerID string) (int, error) {
	state, err := c.State(ctx, containerID)
	return state.Restarts, err
}
