package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute           // the slowest daemon needs 8 s on a busy machine, and more on one that is overloaded
	pollInterval = 10 * time.Millisecond // between two looks at a daemon that is starting
	logTailBytes = 4096                  // of a failed daemon's log, shown in the error
)

// process is one running child. Its output goes to a file in the lab's folder, so that a failure can show it.
type process struct {
	name    string
	logPath string
	cmd     *exec.Cmd
	exited  chan struct{} // closed once the child has been waited for
}

// startProcess runs argv with the variables of env added to ours. The child gets a process group of its own, so that
// Ctrl-C on the terminal reaches only us, who know the order to stop things in; and SIGTERM when we are killed.
func startProcess(logDir, name string, env []string, argv ...string) (*process, error) {
	logPath := filepath.Join(logDir, name+".log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, logPath: logPath, cmd: cmd, exited: make(chan struct{})}
	go p.wait()
	return p, nil
}

// wait ends with the child; stop and kill wait for it.
func (p *process) wait() {
	_ = p.cmd.Wait() // how it ended is in cmd.ProcessState
	close(p.exited)
}

// ready calls probe until it succeeds. A child that exits first, or is not ready in time, is an error with its log.
func (p *process) ready(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("start %s: %s\n%s", p.name, p.cmd.ProcessState, p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("start %s: %w\n%s", p.name, errors.Join(ctx.Err(), err), p.logTail())
		case <-tick.C:
		}
	}
}

// stop asks the child to end and insists after grace. A stopped (SIGSTOP) child is woken to hear it. What is left in its
// group then is killed: Podman without root's rights may go before its child does, which would go on serving.
func (p *process) stop(grace time.Duration) {
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGCONT)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
	}
	p.kill()
}

// kill ends the child at once, with those it started in its group, and waits for it: without root's rights, Podman is a
// child of its own.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}

// signal does nothing when the child has exited.
func (p *process) signal(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
}

// frozen tells whether every thread has stopped.
func (p *process) frozen() bool {
	threads, err := filepath.Glob(procPath(p.cmd.Process.Pid, "task/*/stat"))
	return err == nil && !slices.ContainsFunc(threads, func(path string) bool {
		state, _, ok := parseStat(path)
		return ok && state != "T"
	})
}

// logTail is the end of what the child printed.
func (p *process) logTail() string {
	log, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	if cut := len(log) - logTailBytes; cut > 0 {
		log = log[cut:]
	}
	return strings.TrimSpace(string(log))
}
