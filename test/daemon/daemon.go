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
	"strings"
	"time"
)

// Daemon is an edged in a folder of its own, which holds its binary, its
// settings, its socket, its state and its log.
type Daemon struct {
	Dir     string
	Environ []string // NAME=value, further settings
	Prefix  []string // words before those that run it, such as: nsenter --net=...

	cmd *exec.Cmd
}

// Settings are those that differ from edged's defaults; see docs/configuration.md.
type Settings struct {
	Engine    string        // host, such as unix:///path
	Broker    string        // URL
	Policy    string        // folder of scripts
	StableFor time.Duration // gate without a healthcheck
	GoFlags   []string      // further flags of the Go tool that builds it
}

// New builds edged into dir and writes its settings.
func New(ctx context.Context, dir string, s Settings) (*Daemon, error) {
	d := &Daemon{Dir: dir}
	if err := build(ctx, d.Binary(), s.GoFlags); err != nil {
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

// build makes the binary as it is shipped, by the Makefile.
func build(ctx context.Context, path string, flags []string) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the Makefile: %w", err)
	}
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", "-C", strings.TrimSpace(string(root)), "binary", "OUT="+path)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+strings.Join(append(flags, os.Getenv("GOFLAGS")), " "))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build edged: %w\n%s", err, out)
	}
	return nil
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
	if len(d.Prefix) > 0 {
		prefixed := exec.Command(d.Prefix[0], append(d.Prefix[1:], d.cmd.Args...)...)
		prefixed.Env = d.cmd.Env
		d.cmd = prefixed
	}
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

// Kill ends the daemon as a power cut would.
func (d *Daemon) Kill() {
	if d.cmd != nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait() // killed
	}
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
