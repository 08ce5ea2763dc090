package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// ErrNoCLI: the command line tool that is needed isn't installed, or doesn't work.
var ErrNoCLI = errors.New("command line tool not found")

// composeCLI is one of the compose tools.
type composeCLI struct {
	command []string
	version [2]int // major and minor; zeros if it couldn't be read
}

// podman reports whether the tool is podman-compose, which has ways of its own.
func (t composeCLI) podman() bool { return t.command[0] == "podman-compose" }

// args are the arguments of a subcommand behind global flags, without what the tool doesn't know.
func (t composeCLI) args(global []string, subcommand string, flags ...string) []string {
	args := slices.Concat(t.command[1:], global)
	if !t.podman() {
		return slices.Concat(args, []string{subcommand}, flags)
	}
	switch subcommand {
	case "down":
		flags = slices.DeleteFunc(flags, func(flag string) bool { return flag == "--remove-orphans" }) // see sweepProject
	case "up":
		args = append(args, t.podmanUp()...)
		if t.version == [2]int{} {
			// Until 1.0.3, which says "podman-composer version", it leaves a container as it is whatever became of its service.
			flags = append(flags, "--force-recreate")
		}
	}
	return slices.Concat(args, []string{subcommand}, flags)
}

// podmanUp comes before podman-compose's "up". From 1.1.0 it prints the exit codes that CheckPodmanComposeError reads only
// when asked to. See https://github.com/containers/podman-compose/releases/tag/v1.1.0.
func (t composeCLI) podmanUp() []string {
	if t.version[0] > 1 || t.version[0] == 1 && t.version[1] >= 1 {
		return []string{"--verbose"}
	}
	return nil
}

// findCompose finds a compose tool that works: docker compose (v2), docker-compose (v1), podman-compose.
func findCompose(ctx context.Context, env []string) (composeCLI, error) {
	for _, command := range [][]string{{"docker", "compose"}, {"docker-compose"}, {"podman-compose"}} {
		probe := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], "version")...)
		probe.Env = env
		out, err := probe.Output()
		if err == nil {
			return composeCLI{command: command, version: composeVersion(string(out))}, nil
		}
		if ctx.Err() != nil {
			return composeCLI{}, fmt.Errorf("find compose: %w", ctx.Err())
		}
	}
	return composeCLI{}, fmt.Errorf("find compose: %w: docker compose, docker-compose, podman-compose", ErrNoCLI)
}

// composeVersion reads "Docker Compose version v2.26.1-4", "docker-compose version 1.29.2, build x" and
// "podman-compose version 1.0.6".
func composeVersion(out string) (version [2]int) {
	for line := range strings.Lines(out) {
		_, text, found := strings.Cut(strings.ToLower(line), "compose version ")
		if !found {
			continue
		}
		parts := strings.SplitN(strings.TrimPrefix(strings.TrimSpace(text), "v"), ".", 3)
		for i := range min(len(parts), len(version)) {
			version[i], _ = strconv.Atoi(parts[i])
		}
		return version
	}
	return version
}

// DockerCommand is the command and the arguments that run the engine's own command line tool with args: docker, podman
// or podman-remote, whichever reaches an engine first. It fails with ErrNoCLI if none does.
func (c *ContainerClient) DockerCommand(args ...string) (string, []string, error) {
	for _, tool := range []string{"docker", "podman", "podman-remote"} {
		probe := exec.Command(tool, "ps", "--quiet")
		probe.Env = c.CommandEnv()
		if probe.Run() == nil {
			return tool, args, nil
		}
	}
	return "", nil, fmt.Errorf("find engine's command: %w: docker, podman, podman-remote", ErrNoCLI)
}

// CommandEnv is the environment that points command line tools at the engine of this client. Podman's tools read another variable.
func (c *ContainerClient) CommandEnv() []string {
	env := setEnv(os.Environ(), "DOCKER_HOST="+c.Host())
	if c.IsPodman() {
		env = setEnv(env, "CONTAINER_HOST="+c.Host())
	}
	return env
}
