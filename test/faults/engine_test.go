package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
)

// machine is a private engine, that can be killed and whose disk can be filled.
type machine struct {
	name string // docker or podman
	service
	env  *lab.Env // of the broker and the registries
	disk string   // folder of its data
	http *http.Client
}

type service interface {
	Host() string
	Pull(ctx context.Context, ref, user, password string) error
	Kill()
	Start(ctx context.Context) error
	Stop() error
	Log() string
}

// options choose a machine.
type options struct {
	engine      string   // docker or podman
	liveRestore bool     // Docker's containers outlive it
	disk        string   // size of a disk of its own, such as 64m
	insecure    []string // registries beside the lab's
}

// newMachine starts an engine and gives it the images.
func newMachine(t *testing.T, o options, images ...string) *machine {
	t.Helper()
	env := lab.Shared(t)
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &machine{name: o.engine, env: env, disk: filepath.Join(folder.Path, o.engine, "data")}
	if o.disk != "" {
		m.mountDisk(t, o.disk)
	}
	if o.engine == "podman" {
		m.service, err = lab.StartPodman(t.Context(), folder, lab.PodmanOptions{Insecure: append(o.insecure, env.Registry, env.RegistryLogin)})
	} else {
		m.service, err = lab.StartDocker(t.Context(), folder, lab.DockerOptions{LiveRestore: o.liveRestore})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	m.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: m.dial}}
	for _, image := range images {
		if err := m.Pull(t.Context(), env.Image(image), "", ""); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, engine string)) {
	t.Helper()
	for _, engine := range []string{"docker", "podman"} {
		t.Run(engine, func(t *testing.T) { test(t, engine) })
	}
}

func (m *machine) mountDisk(t *testing.T, size string) {
	t.Helper()
	if err := os.MkdirAll(m.disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", m.disk, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
}

// fill takes what room is left on the disk, and returns what gives it back.
func (m *machine) fill(t *testing.T) (empty func()) {
	path := filepath.Join(m.disk, "fill")
	file, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return func() {}
	}
	defer file.Close()
	for size := 1 << 20; size >= 1; size /= 2 {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
	}
	return func() { os.Remove(path) }
}

// revive starts an engine that was killed.
func (m *machine) revive(t *testing.T) {
	if err := m.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("%v", err)
	}
}

func (m *machine) socket() string { return strings.TrimPrefix(m.Host(), "unix://") }

func (m *machine) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", m.socket())
}

// container is one as the engine shows it.
type container struct {
	ID     string `json:"Id"`
	Name   string
	Config struct {
		Image  string // the reference that it was made with
		Labels map[string]string
	}
	State struct {
		Running    bool
		Restarting bool
		Status     string
		StartedAt  time.Time
	}
}

// call asks the engine; a refusal is an error.
func (m *machine) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://engine/v1.40"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := m.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// creates is how the proxy sees the request that makes the new container of an update.
func (m *machine) creates() string {
	if m.name == "podman" {
		return "POST libpod/containers/create"
	}
	return "POST containers/create"
}

// create makes a container and starts it if it is to run.
func (m *machine) create(t *testing.T, name, image, restart string, running bool, labels map[string]string) {
	t.Helper()
	body := map[string]any{
		"Image": m.env.Image(image), "StopTimeout": 2, "Labels": labels,
		"HostConfig": map[string]any{"RestartPolicy": map[string]any{"Name": restart}},
	}
	err := m.call(t.Context(), http.MethodPost, "/containers/create?name="+name, body, nil)
	if err == nil && running {
		err = m.call(t.Context(), http.MethodPost, "/containers/"+name+"/start", nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// containers lists those whose names begin with prefix.
func (m *machine) containers(ctx context.Context, prefix string) ([]container, error) {
	var list []struct {
		ID    string `json:"Id"`
		Names []string
	}
	if err := m.call(ctx, http.MethodGet, "/containers/json?all=true", nil, &list); err != nil {
		return nil, err
	}
	var found []container
	for _, l := range list {
		if !slices.ContainsFunc(l.Names, func(n string) bool { return strings.HasPrefix(strings.TrimPrefix(n, "/"), prefix) }) {
			continue
		}
		var c container
		if err := m.call(ctx, http.MethodGet, "/containers/"+l.ID+"/json", nil, &c); err != nil {
			return nil, err
		}
		c.Name = strings.TrimPrefix(c.Name, "/")
		found = append(found, c)
	}
	return found, nil
}

// remove removes the containers whose names begin with prefix.
func (m *machine) remove(ctx context.Context, prefix string) error {
	list, err := m.containers(ctx, prefix)
	if err != nil {
		return err
	}
	for _, c := range list {
		_ = m.call(ctx, http.MethodPost, "/containers/"+url.PathEscape(c.ID)+"/kill", nil, nil)
		if err := m.call(ctx, http.MethodDelete, "/containers/"+url.PathEscape(c.ID)+"?force=true&v=true", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
