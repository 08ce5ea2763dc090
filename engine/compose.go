package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ComposeUp starts a project from the compose file in workingDir, and removes containers of services that are no longer
// in it. What the tool prints goes to w as it comes. It fails with ErrNoCLI if there is no compose tool.
func (c *ContainerClient) ComposeUp(ctx context.Context, w io.Writer, projectName string, workingDir string, extraArgs ...string) error {
	tool, err := findCompose(ctx, c.CommandEnv())
	if err != nil {
		return wrapErr("start project", projectName, err)
	}
	args := tool.args(nil, "up", append([]string{"--detach", "--remove-orphans"}, extraArgs...)...)
	err = c.compose(ctx, w, tool, workingDir, args)
	if err == nil && tool.podman() {
		err = c.removeOrphans(ctx, workingDir)
	}
	return wrapErr("start project", projectName, err)
}

// ComposeDown stops a project and removes its containers, networks and volumes. It works in the directory that the
// project's containers name, or in defaultWorkingDir, and removes the latter at the end. What the tool prints goes to w
// as it comes.
//
// A project that was started from a directory of its own keeps that directory: it isn't ours. The package whose API
// this is removed it.
func (c *ContainerClient) ComposeDown(ctx context.Context, w io.Writer, projectName string, defaultWorkingDir string) error {
	return wrapErr("remove project", projectName, c.composeDown(ctx, w, projectName, defaultWorkingDir))
}

func (c *ContainerClient) composeDown(ctx context.Context, w io.Writer, project, ownDir string) error {
	dir, flags, err := c.projectDir(ctx, project, ownDir)
	if err != nil {
		return err
	}
	tool, err := findCompose(ctx, c.CommandEnv())
	if err != nil {
		return err
	}
	// Stopping first ends containers in a restart loop, which "down" may miss. "down" is what decides.
	stopErr := c.compose(ctx, w, tool, dir, tool.args(flags, "stop"))
	err = c.compose(ctx, w, tool, dir, tool.args(flags, "down", "--remove-orphans", "--volumes"))
	if err == nil && tool.podman() {
		err = c.sweepProject(ctx, project)
	}
	if err != nil {
		return errors.Join(err, stopErr)
	}
	if ownDir == "" {
		return nil
	}
	return os.RemoveAll(ownDir)
}

// projectDir is the working directory of a project, which must exist, and the flags that name the project: its
// containers may belong to a project that is called other than its directory.
func (c *ContainerClient) projectDir(ctx context.Context, project, standard string) (string, []string, error) {
	containers, err := c.LookupProject(ctx, project, "")
	if err != nil {
		return "", nil, err
	}
	var flags []string
	for _, item := range containers {
		flags = []string{"--project-name", project}
		if dir := item.Labels[labelWorkingDir]; isDir(dir) {
			return dir, flags, nil
		}
	}
	if isDir(standard) {
		return standard, flags, nil
	}
	return "", nil, fmt.Errorf("working directory %q: %w", standard, os.ErrNotExist)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// compose runs one command of the compose tool. It is asked to end before it is killed, so that it can finish the
// request that it is in.
func (c *ContainerClient) compose(ctx context.Context, w io.Writer, tool composeCLI, dir string, args []string) error {
	command := exec.CommandContext(ctx, tool.command[0], args...)
	command.Dir = dir
	command.Env = c.CommandEnv()
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	tail := &tailWriter{limit: 64 << 10}
	out := io.MultiWriter(w, tail)
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w%s", tool.command[0], strings.Join(args, " "), err, tail.lastLine())
	}
	if tool.podman() {
		return CheckPodmanComposeError(tail.String())
	}
	return nil
}

// CheckPodmanComposeError finds the verdict in podman-compose's output: the last "exit code: N" in it. The tool itself
// exits with 0 whatever the commands that it ran did, see https://github.com/containers/podman-compose/issues/254.
func CheckPodmanComposeError(b string) error {
	var last error
	for line := range strings.Lines(b) {
		_, value, found := strings.Cut(line, "exit code: ")
		if !found {
			continue
		}
		if code, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && code != 0 {
			last = fmt.Errorf("podman-compose: exit code %d", code)
		} else if err == nil {
			last = nil
		}
	}
	return last
}

// tailWriter keeps the end of what is written to it.
type tailWriter struct {
	limit int
	kept  []byte
}

func (t *tailWriter) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.limit; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tailWriter) String() string { return string(t.kept) }

// lastLine is the last line for an error text, which is where the tools say what went wrong.
func (t *tailWriter) lastLine() string {
	text := bytes.TrimSpace(t.kept)
	if len(text) == 0 {
		return ""
	}
	return ": " + string(text[bytes.LastIndexByte(text, '\n')+1:])
}
