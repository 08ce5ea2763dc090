package enginetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
)

// The fake's registries. No name service knows them.
const (
	fakeRegistry = "registry.test"
	fakeLogin    = "login.test"
	fakeUser     = "user"
	fakePassword = "secret"
	fakeArch     = runtime.GOARCH
)

// imageConfig is what containers of an image do by default.
type imageConfig struct {
	Env, Cmd    []string
	Labels      map[string]string
	WorkingDir  string
	Healthcheck *container.HealthConfig
}

// under lays the image's defaults beneath a container's settings, as Docker does.
func (d imageConfig) under(config *container.Config) {
	for _, entry := range d.Env {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(config.Env, func(own string) bool { return strings.HasPrefix(own, name+"=") }) {
			config.Env = append(config.Env, entry)
		}
	}
	if len(config.Cmd) == 0 {
		config.Cmd = d.Cmd
	}
	if config.WorkingDir == "" {
		config.WorkingDir = d.WorkingDir
	}
	if config.Healthcheck == nil {
		config.Healthcheck = d.Healthcheck
	}
	if config.Labels == nil {
		config.Labels = map[string]string{}
	}
	for name, value := range d.Labels {
		if _, own := config.Labels[name]; !own {
			config.Labels[name] = value
		}
	}
}

type fakeImage struct {
	id     string
	arch   string
	config imageConfig
}

// newImage is called with mu held, or before the fake serves.
func (f *Fake) newImage(config imageConfig) *fakeImage {
	return &fakeImage{id: "sha256:" + f.id(), arch: fakeArch, config: config}
}

func (f *Fake) ref(name string) string { return fakeRegistry + "/edged/" + name }

// stock puts the test images into engine and registry. The label "fake" says what their program does.
func (f *Fake) stock() {
	check := &container.HealthConfig{Test: []string{"CMD", "check"}}
	for name, checked := range map[string]bool{
		"exits": false, "crashloop": false, "printenv": false, "idle": false, "stubborn": false, "slowhealth": true, "sickly": true,
	} {
		config := imageConfig{Cmd: []string{"main"}, Labels: map[string]string{"fake": name}}
		if checked {
			config.Healthcheck, config.Env = check, []string{"HEALTHY_AFTER=3", "SICK_AFTER=5"}
		}
		f.images[f.ref(name+":1")] = f.newImage(config)
	}
	f.images[f.ref("web:1")] = f.newImage(imageConfig{
		Cmd: []string{"main"}, WorkingDir: "/www", Healthcheck: check, Env: []string{"GREETING=hello", "DROPPED=only in version 1"},
		Labels: map[string]string{"fake": "web", "version": "1", "lab.dropped": "only in version 1"},
	})
	f.images[f.ref("web:2")] = f.newImage(imageConfig{
		Cmd: []string{"main", "--second"}, WorkingDir: "/srv", Healthcheck: check, Env: []string{"GREETING=good day", "ADDED=new in version 2"},
		Labels: map[string]string{"fake": "web", "version": "2"},
	})
	wrong := f.newImage(imageConfig{Cmd: []string{"main"}})
	wrong.arch = "s390x"
	f.images[f.ref("wrongarch:1")] = wrong
	f.registry[fakeLogin+"/idle:1"] = f.images[f.ref("idle:1")]
}

// findImage looks an image up by reference or ID; nil if there is none. Called with mu held.
func (f *Fake) findImage(key string) *fakeImage {
	if found := f.images[key]; found != nil {
		return found
	}
	for _, candidate := range f.images {
		if candidate.id == key {
			return candidate
		}
	}
	return nil
}

func (f *Fake) routeImages(mux *http.ServeMux) {
	mux.HandleFunc("POST /images/create", f.pullImage)
	mux.HandleFunc("POST /images/load", f.loadArchive)
	mux.HandleFunc("POST /images/prune", f.pruneImages)
	// References have slashes in them, which no pattern with something behind takes.
	mux.HandleFunc("/images/{rest...}", func(w http.ResponseWriter, r *http.Request) {
		rest := r.PathValue("rest")
		if ref, ok := strings.CutSuffix(rest, "/json"); ok {
			value, err := f.inspectImage(ref)
			respond(w, value, err)
		} else if ref, ok := strings.CutSuffix(rest, "/tag"); ok {
			respond(w, nil, f.tagImage(ref, r.URL.Query().Get("repo")+":"+r.URL.Query().Get("tag")))
		} else {
			value, err := f.removeImage(rest)
			respond(w, value, err)
		}
	})
}

func (f *Fake) inspectImage(ref string) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.findImage(ref)
	if found == nil {
		return nil, refuse(http.StatusNotFound, "No such image: %s", ref)
	}
	return map[string]any{"Id": found.id, "Os": "linux", "Architecture": found.arch, "Config": found.config}, nil
}

func (f *Fake) tagImage(ref, as string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.findImage(ref)
	if found == nil {
		return refuse(http.StatusNotFound, "No such image: %s", ref)
	}
	f.images[as] = found
	return nil
}

func (f *Fake) removeImage(key string) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.findImage(key) == nil {
		return nil, refuse(http.StatusNotFound, "No such image: %s", key)
	}
	for ref, candidate := range f.images {
		if ref == key || candidate.id == key {
			delete(f.images, ref)
		}
	}
	return []image.DeleteResponse{{Untagged: key}}, nil
}

func (f *Fake) pruneImages(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	report := image.PruneReport{}
	for ref, candidate := range f.images {
		if !slices.ContainsFunc(f.containers, func(c *fakeContainer) bool { return c.image == candidate }) {
			delete(f.images, ref)
			report.ImagesDeleted = append(report.ImagesDeleted, image.DeleteResponse{Untagged: ref})
		}
	}
	answer(w, report)
}

// pullImage answers 200 at once and says in the stream how it went, as engines do.
func (f *Fake) pullImage(w http.ResponseWriter, r *http.Request) {
	ref := r.URL.Query().Get("fromImage")
	if tag := r.URL.Query().Get("tag"); tag != "" {
		ref += ":" + tag
	}
	say := func(line map[string]any) {
		answer(w, line)
		flush(w)
	}
	pulled, err := f.fromRegistry(ref, r.Header.Get("X-Registry-Auth"))
	if err != nil {
		say(map[string]any{"error": err.Error(), "errorDetail": map[string]string{"message": err.Error()}})
		return
	}
	say(map[string]any{"status": "Pulling from " + ref})
	for _, step := range []string{"Pulling fs layer", "Downloading", "Download complete", "Pull complete"} {
		say(map[string]any{"status": step, "id": pulled.id[7:19], "progressDetail": map[string]int{"current": 2, "total": 2}})
	}
	f.mu.Lock()
	f.images[ref] = pulled
	f.mu.Unlock()
	f.events.add(events.ImageEventType, events.ActionPull, ref, map[string]string{"name": ref})
}

// fromRegistry is the image of the reference, or the error in the words of Docker.
func (f *Fake) fromRegistry(ref, auth string) (*fakeImage, error) {
	registry, _, _ := strings.Cut(ref, "/")
	switch {
	case registry == fakeLogin && !knowsPassword(auth):
		return nil, fmt.Errorf("Get \"https://%s/v2/\": unauthorized: authentication required", registry)
	case registry != fakeLogin && registry != fakeRegistry:
		return nil, fmt.Errorf("Get \"https://%s/v2/\": dial tcp: connect: connection refused", registry)
	case ref == f.ref("wrongarch:list"):
		return nil, fmt.Errorf("no matching manifest for linux/%s in the manifest list entries", fakeArch)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.registry[ref]
	if found == nil {
		return nil, fmt.Errorf("manifest for %s not found: manifest unknown: manifest unknown", ref)
	}
	return found, nil
}

func knowsPassword(header string) bool {
	var auth struct{ Username, Password string }
	text, err := base64.URLEncoding.DecodeString(header)
	return err == nil && json.Unmarshal(text, &auth) == nil && auth.Username == fakeUser && auth.Password == fakePassword
}
