package enginetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/network"
)

// fakeContainer is one container. Its fields are guarded by the fake's mu.
type fakeContainer struct {
	id, name string
	image    *fakeImage
	created  time.Time
	config   *container.Config
	host     *container.HostConfig
	networks map[string]*network.EndpointSettings
	state    container.State
	started  time.Time
	restarts int
	program  *program // of the last start
	log      *logBook
}

// never is how Docker writes a time that there is none of.
const never = "0001-01-01T00:00:00Z"

func (f *Fake) routeContainers(mux *http.ServeMux) {
	mux.HandleFunc("GET /containers/json", f.listContainers)
	mux.HandleFunc("POST /containers/create", f.createContainer)
	one := func(pattern string, do func(c *fakeContainer, r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c, err := f.find(r.PathValue("id"))
			if err != nil {
				respond(w, nil, err)
				return
			}
			value, err := do(c, r)
			respond(w, value, err)
		})
	}
	one("GET /containers/{id}/json", func(c *fakeContainer, _ *http.Request) (any, error) { return f.inspect(c), nil })
	one("POST /containers/{id}/start", func(c *fakeContainer, _ *http.Request) (any, error) { return nil, f.start(c) })
	one("POST /containers/{id}/stop", func(c *fakeContainer, r *http.Request) (any, error) { return nil, f.stop(c, grace(c, r)) })
	one("POST /containers/{id}/restart", func(c *fakeContainer, r *http.Request) (any, error) {
		if err := f.stop(c, grace(c, r)); err != nil {
			return nil, err
		}
		return nil, f.start(c)
	})
	one("POST /containers/{id}/kill", func(c *fakeContainer, r *http.Request) (any, error) {
		return nil, f.kill(c, r.URL.Query().Get("signal"))
	})
	one("POST /containers/{id}/rename", func(c *fakeContainer, r *http.Request) (any, error) {
		return nil, f.rename(c, r.URL.Query().Get("name"))
	})
	one("DELETE /containers/{id}", func(c *fakeContainer, r *http.Request) (any, error) {
		return nil, f.removeContainer(c, r.URL.Query().Get("force") == "1")
	})
	one("GET /containers/{id}/stats", func(c *fakeContainer, _ *http.Request) (any, error) { return f.stats(c), nil })
	mux.HandleFunc("GET /containers/{id}/logs", f.streamLogs)
}

// find looks a container up by name, ID, or the beginning of its ID.
func (f *Fake) find(key string) (*fakeContainer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.containers {
		if c.name == strings.TrimPrefix(key, "/") || c.id == key {
			return c, nil
		}
	}
	for _, c := range f.containers {
		if len(key) >= 4 && strings.HasPrefix(c.id, key) {
			return c, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "No such container: %s", key)
}

func (f *Fake) createContainer(w http.ResponseWriter, r *http.Request) {
	var request container.CreateRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "%v", err))
		return
	}
	c, err := f.addContainer(r.URL.Query().Get("name"), &request)
	if err != nil {
		respond(w, nil, err)
		return
	}
	f.tell(c, events.ActionCreate, nil)
	w.WriteHeader(http.StatusCreated)
	answer(w, container.CreateResponse{ID: c.id, Warnings: []string{}})
}

func (f *Fake) addContainer(name string, request *container.CreateRequest) (*fakeContainer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	image := f.findImage(request.Image)
	if image == nil {
		return nil, refuse(http.StatusNotFound, "No such image: %s", request.Image)
	}
	if err := f.isFree(name); err != nil {
		return nil, err
	}
	c := &fakeContainer{
		id: f.id(), name: name, image: image, created: time.Now(), config: request.Config, host: request.HostConfig,
		networks: map[string]*network.EndpointSettings{}, log: newLogBook(), state: container.State{Status: "created"},
	}
	if c.host == nil {
		c.host = &container.HostConfig{}
	}
	if c.host.NetworkMode == "" {
		c.host.NetworkMode = "bridge"
	}
	if c.config.Hostname == "" {
		c.config.Hostname = c.id[:12]
	}
	c.networks[string(c.host.NetworkMode)] = &network.EndpointSettings{NetworkID: "id-of-" + string(c.host.NetworkMode)}
	image.config.under(c.config)
	f.containers = append(f.containers, c)
	return c, nil
}

func (f *Fake) isFree(name string) error {
	for _, c := range f.containers {
		if c.name == name {
			return refuse(http.StatusConflict, "Conflict. The container name %q is already in use by container %q.", "/"+name, c.id)
		}
	}
	return nil
}

func (f *Fake) rename(c *fakeContainer, name string) error {
	f.mu.Lock()
	if err := f.isFree(name); err != nil {
		f.mu.Unlock()
		return err
	}
	old := c.name
	c.name = name
	f.mu.Unlock()
	f.tell(c, events.ActionRename, map[string]string{"oldName": "/" + old})
	return nil
}

func (f *Fake) removeContainer(c *fakeContainer, force bool) error {
	if f.isRunning(c) && !force {
		return refuse(http.StatusConflict, "You cannot remove a running container %s", c.id)
	}
	_ = f.kill(c, "KILL") // it may not run
	c.awaitEnd()
	f.mu.Lock()
	f.containers = slices.DeleteFunc(f.containers, func(other *fakeContainer) bool { return other == c })
	f.mu.Unlock()
	f.tell(c, events.ActionDestroy, nil)
	return nil
}

func (f *Fake) isRunning(c *fakeContainer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return c.state.Running
}

func (f *Fake) inspect(c *fakeContainer) container.InspectResponse {
	f.mu.Lock()
	defer f.mu.Unlock()
	state, host, config := c.state, *c.host, *c.config
	if state.Health != nil {
		state.Health = &container.Health{Status: state.Health.Status}
	}
	state.StartedAt, state.FinishedAt = cmp.Or(state.StartedAt, never), cmp.Or(state.FinishedAt, never)
	return container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{
			ID: c.id, Name: "/" + c.name, Created: c.created.Format(time.RFC3339Nano), Image: c.image.id,
			State: &state, RestartCount: c.restarts, HostConfig: &host,
		},
		Config:          &config,
		NetworkSettings: &container.NetworkSettings{Networks: maps.Clone(c.networks)},
	}
}

// tell notes an event of the container with its labels and the further attributes.
func (f *Fake) tell(c *fakeContainer, action events.Action, further map[string]string) {
	f.mu.Lock()
	attributes := map[string]string{}
	maps.Copy(attributes, c.config.Labels)
	attributes["name"], attributes["image"] = c.name, c.config.Image
	f.mu.Unlock()
	maps.Copy(attributes, further)
	f.events.add(events.ContainerEventType, action, c.id, attributes)
}

func grace(c *fakeContainer, r *http.Request) time.Duration {
	seconds := 10
	if c.config.StopTimeout != nil {
		seconds = *c.config.StopTimeout
	}
	if text := r.URL.Query().Get("t"); text != "" {
		_, _ = fmt.Sscan(text, &seconds) // else the default stays
	}
	return time.Duration(seconds) * time.Second
}
