package lab

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// daemon is what all parts of the lab can do.
type daemon interface {
	Start(context.Context) error
	Restart(context.Context) error
	Kill()
	Pause()
	Resume()
	Stop() error
}

// start ties a part to the test, and gives it with a probe that tells whether it serves.
func start[D daemon](t *testing.T, d D, err error) D {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestEnginesComeBackAtTheSameSocket(t *testing.T) {
	folder := ownFolder(t)
	docker, err := StartDocker(t.Context(), folder, DockerOptions{})
	docker = start(t, docker, err)
	podman, err := StartPodman(t.Context(), folder, PodmanOptions{})
	podman = start(t, podman, err)
	for _, engine := range []struct {
		name string
		daemon
		host func() string
		ping func(context.Context) error
	}{
		{"docker", docker, docker.Host, docker.api.ping},
		{"podman", podman, podman.Host, podman.api.ping},
	} {
		t.Run(engine.name, func(t *testing.T) {
			before := engine.host()
			mustServe(t, engine.Restart(t.Context()), engine.ping)
			engine.Kill()
			if err := engine.ping(t.Context()); err == nil {
				t.Error("answers after SIGKILL")
			}
			mustServe(t, engine.Start(t.Context()), engine.ping)
			engine.Pause()
			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := engine.ping(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("frozen, but: %v", err)
			}
			engine.Resume()
			mustServe(t, nil, engine.ping)
			if engine.host() != before {
				t.Errorf("moved from %s to %s", before, engine.host())
			}
		})
	}
}

func mustServe(t *testing.T, err error, ping func(context.Context) error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSecondDockerLeavesTheFirstAlone(t *testing.T) {
	first := dockerWithWeb(t)
	published := first.Run(t, "port", "web", "80/tcp")
	t.Run("second", func(t *testing.T) {
		second := dockerWithWeb(t)
		if got := get(t, "http://"+second.Run(t, "port", "web", "80/tcp")); got != "web 1\n" {
			t.Errorf("the second answers %q", got)
		}
	})
	if got := get(t, "http://"+published); got != "web 1\n" {
		t.Errorf("after the second has stopped, the first answers %q", got)
	}
}

// dockerWithWeb gives a Docker of its own, with a registry of its own, that runs a container "web".
func dockerWithWeb(t *testing.T) Engine {
	t.Helper()
	folder := ownFolder(t)
	registry, err := StartRegistry(t.Context(), folder, RegistryOptions{})
	registry = start(t, registry, err)
	if _, err := NewPusher(registry.Addr(), "", "").Push(t.Context(), web1()); err != nil {
		t.Fatal(err)
	}
	docker, err := StartDocker(t.Context(), folder, DockerOptions{})
	docker = start(t, docker, err)
	engine := Engine{Name: "docker", Host: docker.Host()}
	engine.Run(t, "run", "--detach", "--name", "web", "--publish", "127.0.0.1::80", imageRef(registry.Addr(), "web:1"))
	return engine
}

func TestKilledEnginesLeaveNothing(t *testing.T) {
	folder := ownFolder(t)
	registry, err := StartRegistry(t.Context(), folder, RegistryOptions{})
	registry = start(t, registry, err)
	if _, err := NewPusher(registry.Addr(), "", "").Push(t.Context(), web1()); err != nil {
		t.Fatal(err)
	}
	docker, err := StartDocker(t.Context(), folder, DockerOptions{})
	docker = start(t, docker, err)
	podman, err := StartPodman(t.Context(), folder, PodmanOptions{Insecure: []string{registry.Addr()}})
	podman = start(t, podman, err)
	for _, engine := range []Engine{{Name: "docker", Host: docker.Host()}, {Name: "podman", Host: podman.Host()}} {
		engine.Run(t, "network", "create", "project")
		engine.Run(t, "run", "--detach", "--network", "project", "--publish", "80", imageRef(registry.Addr(), "web:1"))
	}
	if bridges := interfacesIn(folder.dockerPool(), folder.podmanPool()); len(bridges) != 2 {
		t.Errorf("bridges of the engines' own networks: %v, want one each", bridges)
	}
	docker.Kill()
	podman.Kill()
	if len(belongingTo(folder.Path)) == 0 {
		t.Error("no container outlived its engine: the test tests nothing")
	}
}

// A lab that was killed leaves its folder; who takes its number next must find a clean place.
func TestNextFolderCleansUpAfterAKilledLab(t *testing.T) {
	needRoot(t)
	if os.Getenv("LAB_TO_BE_KILLED") == "1" {
		folder := ownFolder(t)
		if _, err := StartDocker(t.Context(), folder, DockerOptions{}); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("folder " + folder.Path + "\n")
		<-t.Context().Done()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "LAB_TO_BE_KILLED=1")
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	path, found := strings.CutPrefix(strings.TrimSpace(line), "folder ")
	if err != nil || !found {
		t.Fatalf("the child said %q: %v", line, err)
	}
	cancel() // SIGKILL
	_ = child.Wait()

	// Others may take folders at the same time: take all until the one of the killed lab comes.
	for {
		folder := ownFolder(t)
		if folder.Path != path {
			continue
		}
		if pids := belongingTo(path); len(pids) > 0 {
			t.Errorf("processes of the killed lab: %v", pids)
		}
		if bridges := interfacesIn(folder.networks()); len(bridges) > 0 {
			t.Errorf("bridges of the killed lab: %v", bridges)
		}
		if entries, err := os.ReadDir(path); err != nil || len(entries) > 0 {
			t.Errorf("files of the killed lab: %v %v", entries, err)
		}
		return
	}
}

func TestRegistryRestartKeepsImages(t *testing.T) {
	folder := ownFolder(t)
	registry, err := StartRegistry(t.Context(), folder, RegistryOptions{})
	registry = start(t, registry, err)
	if _, err := NewPusher(registry.Addr(), "", "").Push(t.Context(), idle()); err != nil {
		t.Fatal(err)
	}
	if err := registry.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + registry.Addr() + "/v2/edged/idle/tags/list")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), `"1"`) {
		t.Errorf("tags: %s", body)
	}
}

func TestFailedStartShowsTheLog(t *testing.T) {
	needRoot(t)
	s := service{
		name: "broken", dir: t.TempDir(), argv: []string{"sh", "-c", "echo the reason; exit 4"},
		probe: func(context.Context) error { return errors.New("not yet") },
	}
	err := s.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("error without the log or the status: %v", err)
	}
}
