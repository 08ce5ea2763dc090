// Package daemon runs the edged binary as a process of its own, beside a lab, for
// the demo and the benchmarks.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Daemon is an edged in a folder of its own, which holds its binary, its
// settings, its socket, its state and its log.
type Daemon struct {
	Dir     string
	Environ []string // NAME=value, further settings

	cmd *exec.Cmd
}

// Settings are those that differ from edged's defaults; see docs/configuration.md.
type Settings struct {
	Engine    string        // host, such as unix:///path
	Broker    string        // URL
	Policy    string        // folder of scripts
	StableFor time.Duration // gate without a healthcheck
}

// New builds edged into dir and writes its settings.
func New(ctx context.Context, dir string, s Settings) (*Daemon, error) {
	d := &Daemon{Dir: dir}
	if err := build(ctx, d.Binary()); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`engine: {host: %q}
mqtt: {url: %q}
policy: {dirs: [%q]}
api: {socket: %q, group: ""}
state_dir: %q
update: {stable_for: %s}
log: {format: text}
`, s.Engine, s.Broker, s.Policy, d.path("edged.sock"), d.path("state"), s.StableFor)
	return d, os.WriteFile(d.Config(), []byte(text), 0o644)
}

// build makes the binary that is shipped, as the Makefile has it.
func build(ctx context.Context, path string) error {
	made := "dist/edged-linux-" + runtime.GOARCH
	if out, err := exec.CommandContext(ctx, "make", "--no-print-directory", made).CombinedOutput(); err != nil {
		return fmt.Errorf("build edged: %w\n%s", err, out)
	}
	binary, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	return os.WriteFile(path, binary, 0o755)
}

// Binary is the path of the built edged.
func (d *Daemon) Binary() string { return d.path("edged") }

// Config is the path of its settings.
func (d *Daemon) Config() string { return d.path("edged.yaml") }

// Log is the path of its log.
func (d *Daemon) Log() string { return d.path("edged.log") }

func (d *Daemon) path(name string) string { return filepath.Join(d.Dir, name) }

// Start runs the daemon; it does not wait until it is up.
func (d *Daemon) Start() error {
	log, err := os.Create(d.Log())
	if err != nil {
		return err
	}
	defer log.Close()
	d.cmd = d.Command(context.Background(), "run")
	d.cmd.Stderr = log
	return d.cmd.Start()
}

// PID is the process that Start has started.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Stop ends the daemon as an init system would, and waits for it.
func (d *Daemon) Stop() error {
	if d.cmd == nil {
		return nil
	}
	return errors.Join(d.cmd.Process.Signal(os.Interrupt), d.cmd.Wait())
}

// Command is edged's command line with the daemon's settings. The lab's variables
// look like edged's own and are kept from it.
func (d *Daemon) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.Binary(), append(args, "--config", d.Config())...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "EDGED_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, d.Environ...)
	return cmd
}
