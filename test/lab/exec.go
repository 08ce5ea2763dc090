package lab

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const execTimeout = time.Minute

// Command returns the engine's command-line client with args, such as: docker --host unix:///... run ...
func (e Engine) Command(ctx context.Context, args ...string) *exec.Cmd {
	if e.Name == "podman" {
		return exec.CommandContext(ctx, "podman", append([]string{"--url", e.Host}, args...)...)
	}
	return exec.CommandContext(ctx, "docker", append([]string{"--host", e.Host}, args...)...)
}

// Try runs the engine's client and returns what it printed, without white space around it.
func (e Engine) Try(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(e.Patience, execTimeout))
	defer cancel()
	cmd := e.Command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", e.Name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// Run is Try for a command that must succeed.
func (e Engine) Run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := e.Try(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// RunContainer runs a container in the background and removes it after the test. args are those of `docker run`, from
// the options to the command.
func (e Engine) RunContainer(t testing.TB, name string, args ...string) {
	t.Helper()
	t.Cleanup(func() { e.Remove(t, name) })
	e.Run(t, append([]string{"run", "--detach", "--name", name}, args...)...)
}

// removeTries is how often a container is removed that Podman 4 finds busy: a mount of its may outlive it for a moment.
const removeTries = 20

// Remove removes a container at once, running or not. One that isn't there is no error. Fit for t.Cleanup.
func (e Engine) Remove(t testing.TB, name string) {
	t.Helper()
	// Not t.Context, which is cancelled when cleaning up. Kill first: Podman's rm waits for the stop timeout.
	_, _ = e.Try(context.Background(), "kill", name)
	for try := 1; ; try++ {
		out, err := e.Try(context.Background(), "rm", "--force", "--volumes", name)
		switch {
		case err == nil, strings.Contains(strings.ToLower(err.Error()), "no such container"):
			return
		case try == removeTries || !strings.Contains(err.Error(), "resource busy"):
			t.Errorf("%v %s", err, out)
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// Docker runs the docker client on the lab's Docker; the command must succeed.
func (e *Env) Docker(t testing.TB, args ...string) string {
	t.Helper()
	return Engine{Name: "docker", Host: e.DockerHost}.Run(t, args...)
}

// Podman runs the podman client on the lab's Podman; the command must succeed.
func (e *Env) Podman(t testing.TB, args ...string) string {
	t.Helper()
	return Engine{Name: "podman", Host: e.PodmanHost}.Run(t, args...)
}
