package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// tools puts command line tools into an otherwise empty PATH: name to shell script. Each call is added to the file whose
// path comes back.
func tools(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	for name, script := range scripts {
		text := fmt.Sprintf("#!/bin/sh\necho %s \"$@\" >> %s\n%s\n", name, calls, script)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return calls
}

func dockerOf(t *testing.T) lab.Engine {
	t.Helper()
	env := lab.Shared(t)
	if env.DockerHost == "" {
		t.Skip("the lab has no Docker")
	}
	return lab.Engine{Name: "docker", Host: env.DockerHost}
}

func callsIn(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestComposeArguments(t *testing.T) {
	e := dockerOf(t)
	for name, test := range map[string]struct {
		tools        map[string]string
		up, stop, dn string
	}{
		"docker compose": {map[string]string{"docker": "echo Docker Compose version v2.26.1", "docker-compose": ""},
			"docker compose up --detach --remove-orphans --build", "docker compose stop", "docker compose down --remove-orphans --volumes"},
		"docker-compose": {map[string]string{"docker": "exit 1", "docker-compose": "echo docker-compose version 1.29.2, build x"},
			"docker-compose up --detach --remove-orphans --build", "docker-compose stop", "docker-compose down --remove-orphans --volumes"},
		"podman-compose": {map[string]string{"podman-compose": "echo podman-compose version 1.0.6"},
			"podman-compose up --detach --remove-orphans --build", "podman-compose stop", "podman-compose down --volumes"},
		"podman-compose 1.0.3": {map[string]string{"podman-compose": "echo podman-composer version  1.0.3"},
			"podman-compose up --detach --remove-orphans --build --force-recreate", "podman-compose stop", "podman-compose down --volumes"},
		"podman-compose 1.1": {map[string]string{"podman-compose": "echo podman-compose version 1.1.0"},
			"podman-compose --verbose up --detach --remove-orphans --build", "podman-compose stop", "podman-compose down --volumes"},
	} {
		t.Run(name, func(t *testing.T) {
			c, dir := testClient(t, e), project(t, map[string]string{"compose.yaml": "services: {}"})
			calls := tools(t, test.tools)
			var out bytes.Buffer
			if err := c.ComposeUp(t.Context(), &out, "none", dir, "--build"); err != nil || out.Len() == 0 {
				t.Errorf("up: %v, output %q", err, &out)
			}
			if err := c.ComposeDown(t.Context(), &out, "none", dir); err != nil {
				t.Errorf("down: %v", err)
			}
			for _, want := range []string{test.up, test.stop, test.dn} {
				if got := callsIn(t, calls); !strings.Contains(got, want+"\n") {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("the project's folder is still there: %v", err)
			}
		})
	}
}

func TestComposeFailures(t *testing.T) {
	e := dockerOf(t)
	c := testClient(t, e)
	dir := project(t, map[string]string{"compose.yaml": "services: {}"})
	t.Run("no tool", func(t *testing.T) {
		tools(t, nil)
		if err := c.ComposeUp(t.Context(), &bytes.Buffer{}, "p", dir); !errors.Is(err, ErrNoCLI) {
			t.Errorf("up: %v", err)
		}
		if err := c.ComposeDown(t.Context(), &bytes.Buffer{}, "p", dir); !errors.Is(err, ErrNoCLI) {
			t.Errorf("down: %v", err)
		}
		if _, _, err := c.DockerCommand("ps"); !errors.Is(err, ErrNoCLI) {
			t.Errorf("docker command: %v", err)
		}
	})
	t.Run("exit code", func(t *testing.T) {
		tools(t, map[string]string{"docker": `[ "$2" = version ] || { echo no such image; exit 3; }`})
		err := c.ComposeUp(t.Context(), &bytes.Buffer{}, "p", dir)
		if err == nil || !strings.Contains(err.Error(), "no such image") || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("up: %v", err)
		}
	})
	t.Run("podman-compose", func(t *testing.T) {
		tools(t, map[string]string{"podman-compose": `[ "$1" = version ] || echo exit code: 125`})
		if err := c.ComposeUp(t.Context(), &bytes.Buffer{}, "p", dir); err == nil || !strings.Contains(err.Error(), "125") {
			t.Errorf("up: %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		tools(t, map[string]string{"docker": `[ "$2" = version ] || { trap 'exit 1' INT; while :; do :; done; }`})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := c.ComposeUp(ctx, &bytes.Buffer{}, "p", dir); err == nil {
			t.Error("up: no error")
		}
	})
	t.Run("no folder", func(t *testing.T) {
		if err := c.ComposeDown(t.Context(), &bytes.Buffer{}, "p", "/none"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("down: %v", err)
		}
	})
}

func TestDockerCommand(t *testing.T) {
	e := dockerOf(t)
	command, args, err := testClient(t, e).DockerCommand("version", "--format", "{{.Server.Version}}")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), command, args...)
	run.Env = append(os.Environ(), "DOCKER_HOST="+e.Host)
	if out, err := run.Output(); err != nil || len(out) == 0 {
		t.Errorf("%s %q: %v", command, args, err)
	}
}

func TestCheckPodmanComposeError(t *testing.T) {
	for out, want := range map[string]bool{
		"": false, "Error: x\nexit code: 125\n": true, "exit code: 125\npodman start x\nexit code: 0\n": false,
		"exit code: 0\nexit code: 1": true, "exit code: what\n": false,
	} {
		if err := CheckPodmanComposeError(out); (err != nil) != want {
			t.Errorf("%q: %v", out, err)
		}
	}
}

func TestComposeVersion(t *testing.T) {
	for out, want := range map[string][2]int{
		"Docker Compose version v2.26.1-4\n": {2, 26}, "docker-compose version 1.29.2, build unknown\n": {1, 29},
		"podman-compose version 1.0.6\nusing podman version: 4.3.1\n": {1, 0}, "": {}, "Docker Compose version dev\n": {},
		"using podman version: 4.3.1\npodman-composer version  1.0.3\n": {},
		"podman-compose version: 1.2.0\n":                               {}, "podman version 5\npodman-compose version 1.3\n": {1, 3},
	} {
		if got := composeVersion(out); got != want {
			t.Errorf("%q: %v, want %v", out, got, want)
		}
	}
}
