package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// LabelFork marks the short-lived copy of a container that carries out the replacement of its original.
const LabelFork = "io.tedge.fork"

// IsInsideContainer reports whether this process runs in a container, by the files that Docker and Podman put there.
func IsInsideContainer() bool {
	return fileExists("/.dockerenv") || fileExists("/run/.containerenv")
}

// Self is the container that this process runs in. It fails with [ErrNotFound] if there is none, or if several fit.
//
// The kernel's tables name the container for sure where they name it at all: cgroup and mount table, or Podman's
// /run/.containerenv. Else the hostname is looked for, as a container's ID, then in the ID file, hostname and
// environment of each running container. A container that merely has our hostname for its name is not taken for us, which
// the API that this one follows does.
func (c *ContainerClient) Self(ctx context.Context) (container.InspectResponse, error) {
	none := container.InspectResponse{}
	for _, id := range kernelIDs(os.DirFS("/")) {
		found, err := c.inspectFull(ctx, id)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return found, err
		}
	}
	hostname, err := os.Hostname()
	if err != nil {
		return none, fmt.Errorf("find own container: %w", err)
	}
	if found, err := c.inspectFull(ctx, hostname); err == nil && strings.HasPrefix(found.ID, hostname) {
		return found, nil
	}
	return c.searchSelf(ctx, hostname)
}

// searchSelf looks at each running container for the hostname. The list does not carry it.
func (c *ContainerClient) searchSelf(ctx context.Context, hostname string) (container.InspectResponse, error) {
	none := container.InspectResponse{}
	running, err := c.summaries(ctx, container.ListOptions{})
	if err != nil {
		return none, fmt.Errorf("find own container: %w", err)
	}
	var found []container.InspectResponse
	for _, item := range running {
		candidate, err := c.inspectFull(ctx, item.ID)
		if errors.Is(err, ErrNotFound) {
			continue // gone since the list
		}
		if err != nil {
			return none, fmt.Errorf("find own container: %w", err)
		}
		if hasHostname(candidate, hostname, os.ReadFile) {
			found = append(found, candidate)
		}
	}
	if len(found) != 1 {
		return none, fmt.Errorf("find own container: %w: %d containers have the hostname %s", ErrNotFound, len(found), hostname)
	}
	return found[0], nil
}

// hasHostname reports whether the container could be the one whose processes see the hostname. Copies that replace their
// original share its settings and don't count.
func hasHostname(in container.InspectResponse, hostname string, readFile func(string) ([]byte, error)) bool {
	if in.Config == nil {
		return false
	}
	if _, fork := in.Config.Labels[LabelFork]; fork {
		return false
	}
	if in.ContainerJSONBase != nil && in.HostConfig != nil && in.HostConfig.ContainerIDFile != "" {
		if id, err := readFile(in.HostConfig.ContainerIDFile); err == nil && strings.TrimSpace(string(id)) == hostname {
			return true
		}
	}
	return in.Config.Hostname == hostname || slices.Contains(in.Config.Env, "HOSTNAME="+hostname)
}

func (c *ContainerClient) inspectFull(ctx context.Context, nameOrID string) (found container.InspectResponse, err error) {
	err = c.call(ctx, "inspect container", nameOrID, func(ctx context.Context) error {
		found, err = c.Client.ContainerInspect(ctx, nameOrID)
		return err
	})
	return found, err
}

// idSources are the files that name our container, surest first, each with what surrounds the ID there:
// "id="..."" in Podman's own; "docker/ID", "docker-ID.scope", "libpod-ID.scope" in a cgroup; and
// ".../docker/containers/ID/hostname", ".../overlay-containers/ID/userdata/hostname" in the mount table, where the
// engine's files are mounted over /etc/hostname.
var idSources = []struct {
	path    string
	pattern *regexp.Regexp
}{
	{"run/.containerenv", regexp.MustCompile(`^id="([0-9a-f]{64})"`)},
	{"proc/self/cgroup", regexp.MustCompile(`[/-]([0-9a-f]{64})(?:\.scope)?(?:/container)?$`)},
	{"proc/self/mountinfo", regexp.MustCompile(`containers/([0-9a-f]{64})/\S* /etc/host`)},
}

// kernelIDs are the container IDs that the system's files give for this process, without doubles.
func kernelIDs(root fs.FS) []string {
	var ids []string
	for _, source := range idSources {
		file, err := root.Open(source.path)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if m := source.pattern.FindStringSubmatch(lines.Text()); m != nil && !slices.Contains(ids, m[1]) {
				ids = append(ids, m[1])
			}
		}
		_ = file.Close()
	}
	return ids
}
