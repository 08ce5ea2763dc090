package engine

import (
	"context"
	"net/url"
	"strings"

	"github.com/docker/docker/api/types/events"
)

// This file has the differences between Docker and Podman that listing, watching and waiting have to know.

// podmanKinds are the sentinels of error texts, by their ends, that Podman sends with status 500 where Docker answers 404
// or 409. They are the texts of https://github.com/containers/podman/blob/main/libpod/define/errors.go and of
// containers/storage.
var podmanKinds = [...]struct {
	end  string
	kind error
}{
	{"no such container", ErrNotFound}, // removed between the lookup and the inspect
	{"container state improper", ErrConflict},
	{"container already exists", ErrConflict},
	{"network already exists", ErrConflict},
	{"that name is already in use", ErrConflict},
	{"please force removal", ErrConflict},                           // of an image with several names, of Podman 4
	{"UNIQUE constraint failed: ContainerConfig.Name", ErrConflict}, // a rename, since the state is kept in SQLite
}

// podmanKind is the sentinel of an error text that came with status 500, or nil.
func podmanKind(text string) error {
	for _, known := range podmanKinds {
		if strings.HasSuffix(text, known.end) {
			return known.kind
		}
	}
	return nil
}

// dockerStatus translates the states that only Podman has.
// See https://github.com/containers/podman/blob/main/libpod/define/containerstate.go.
func dockerStatus(status string) string {
	switch status {
	case "configured", "initialized":
		return "created"
	case "stopping":
		return "running"
	case "stopped":
		return "exited"
	}
	return status
}

// isHousekeeping reports whether the event is of Podman's inner life, which Docker keeps to itself.
func (m *message) isHousekeeping() bool {
	switch m.Action {
	case "init", "cleanup", "sync", "mount", "unmount", "refresh":
		return m.Type == events.ContainerEventType
	}
	return false
}

// translate turns Podman's words into Docker's.
// See https://docs.podman.io/en/latest/markdown/podman-events.1.html.
func (m *message) translate() {
	attributes := m.Actor.Attributes
	if code, ok := attributes["containerExitCode"]; ok && m.Action == "died" {
		attributes["exitCode"] = code
	}
	switch {
	case m.Action == "died":
		m.Action = events.ActionDie
	case m.Action == "remove" && m.Type == events.ContainerEventType:
		m.Action = events.ActionDestroy
	case m.Action == "remove" && m.Type == events.ImageEventType:
		m.Action = events.ActionDelete
	case m.Action == "loadfromarchive":
		m.Action = events.ActionLoad
	case m.Action == healthAction:
		m.Action += events.Action(": " + m.podmanHealth())
	}
	//lint:ignore SA1019 programs written for the old API look here
	m.Status = string(m.Action) //nolint:staticcheck // users of the older field are source-compatible with us
}

// podmanHealth is the health where Podman puts it: in a field of its own API, or in an attribute.
func (m *message) podmanHealth() string {
	if m.HealthStatus != "" {
		return m.HealthStatus
	}
	return m.Actor.Attributes[healthAction]
}

// healthMemory makes out of Podman's health events, one for each check made, those that Docker sends: one for each change.
// See https://github.com/containers/podman/issues/24003.
type healthMemory map[string]events.Action // by container ID

// isChange reports whether the event says something new about the container's health, or is about something else.
func (h healthMemory) isChange(m *message) bool {
	if m.Type != events.ContainerEventType {
		return true
	}
	switch {
	case strings.HasPrefix(string(m.Action), healthAction):
		same := h[m.Actor.ID] == m.Action
		h[m.Actor.ID] = m.Action
		return !same
	case m.Action == events.ActionStart, m.Action == events.ActionDie, m.Action == events.ActionDestroy:
		delete(h, m.Actor.ID)
	}
	return true
}

// addHealth completes the status texts of a list from Podman's own API, as Docker writes them. The compatible list has no
// health before Podman 6 (https://github.com/containers/podman/issues/27786).
func (c *ContainerClient) addHealth(ctx context.Context, items []TedgeContainer) error {
	var list []struct {
		ID     string `json:"Id"`
		Status string // the health
	}
	err := c.call(ctx, "list health of containers", "", func(ctx context.Context) error {
		return c.LibPod.getJSON(ctx, "/containers/json", url.Values{}, &list)
	})
	if err != nil {
		return err
	}
	health := make(map[string]string, len(list))
	for _, item := range list {
		health[item.ID] = healthWord(item.Status)
	}
	for i := range items {
		status := &items[i].Container.Status
		switch h := health[items[i].Container.Id]; {
		case h == "" || items[i].Health() != "":
		case h == "starting":
			*status += " (health: starting)"
		default:
			*status += " (" + h + ")"
		}
	}
	return nil
}
