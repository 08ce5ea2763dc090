package enginetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
)

// listFilter is the query of a list, in the form that clients send: {"name":{"a":true}}.
type listFilter map[string]map[string]bool

func (f *Fake) listContainers(w http.ResponseWriter, r *http.Request) {
	filter, err := parseFilter(r.URL.Query().Get("filters"))
	if err != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "%v", err))
		return
	}
	all, size := r.URL.Query().Get("all") == "1", r.URL.Query().Get("size") == "1"
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []container.Summary{}
	for _, c := range f.containers {
		if (all || c.state.Running) && filter.lets(c) {
			list = append(list, c.summary(size))
		}
	}
	answer(w, list)
}

func parseFilter(text string) (listFilter, error) {
	filter := listFilter{}
	if text == "" {
		return filter, nil
	}
	err := json.Unmarshal([]byte(text), &filter)
	return filter, err
}

// lets answers as Docker does: names are patterns, IDs are parts, one of each will do, but all of the labels.
func (filter listFilter) lets(c *fakeContainer) bool {
	for label := range filter["label"] {
		key, value, exact := strings.Cut(label, "=")
		got, found := c.config.Labels[key]
		if !found || exact && got != value {
			return false
		}
	}
	return filter.one("name", func(pattern string) bool {
		return regexp.MustCompile(pattern).MatchString("/" + c.name)
	}) && filter.one("id", func(part string) bool { return strings.Contains(c.id, part) })
}

func (filter listFilter) one(key string, fits func(string) bool) bool {
	for value := range filter[key] {
		if fits(value) {
			return true
		}
	}
	return len(filter[key]) == 0
}

func (c *fakeContainer) summary(size bool) container.Summary {
	s := container.Summary{
		ID: c.id, Names: []string{"/" + c.name}, Image: c.config.Image, ImageID: c.image.id, Labels: c.config.Labels,
		Created: c.created.Unix(), State: c.state.Status, Status: c.statusText(), Ports: []container.Port{},
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{}},
	}
	for name, endpoint := range c.networks {
		s.NetworkSettings.Networks[name] = endpoint.Copy()
	}
	if c.state.Running {
		s.Ports = publishedPorts(c.host.PortBindings)
	}
	if size {
		s.SizeRw, s.SizeRootFs = 17, 2<<20
	}
	return s
}

// publishedPorts are those of a running container; which one an engine takes where it may choose is left to it.
func publishedPorts(bindings nat.PortMap) []container.Port {
	ports := []container.Port{}
	for port, list := range bindings {
		for _, binding := range list {
			public, err := strconv.ParseUint(cmp.Or(binding.HostPort, "49153"), 10, 16)
			if err == nil {
				ports = append(ports, container.Port{
					IP: binding.HostIP, PrivatePort: uint16(port.Int()), PublicPort: uint16(public), Type: port.Proto(),
				})
			}
		}
	}
	return ports
}

func (c *fakeContainer) statusText() string {
	switch {
	case c.state.Running && c.state.Health != nil:
		return fmt.Sprintf("Up %s (%s)", time.Since(c.started).Round(time.Second), c.state.Health.Status)
	case c.state.Running:
		return fmt.Sprintf("Up %s", time.Since(c.started).Round(time.Second))
	case c.state.Status == "exited":
		return fmt.Sprintf("Exited (%d) a moment ago", c.state.ExitCode)
	}
	return "Created"
}
