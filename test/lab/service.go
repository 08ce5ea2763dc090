package lab

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

const stopGrace = 15 * time.Second // dockerd gives its containers 10 s

// service is a daemon that can be stopped, killed, frozen and started again with the same socket or port.
type service struct {
	name  string
	dir   string // of its log
	env   []string
	argv  []string
	probe func(context.Context) error // succeeds when the daemon serves
	proc  *process                    // nil when it doesn't run
}

// Start starts the daemon again after Kill or Stop, with the same address and data, and returns when it serves.
func (s *service) Start(ctx context.Context) error {
	if s.proc != nil {
		return fmt.Errorf("start %s: already running", s.name)
	}
	proc, err := startProcess(s.dir, s.name, s.env, s.argv...)
	if err != nil {
		return err
	}
	if err := proc.ready(ctx, s.probe); err != nil {
		proc.stop(stopGrace)
		return err
	}
	s.proc = proc
	return nil
}

// Restart stops the daemon in good order and starts it again.
func (s *service) Restart(ctx context.Context) error {
	s.end()
	return s.Start(ctx)
}

// Kill ends the daemon with SIGKILL, as a crash does. What it supervised (containers, stored messages) stays as it is.
func (s *service) Kill() {
	if s.proc != nil {
		s.proc.kill()
		s.proc = nil
	}
}

// Pause freezes the daemon (SIGSTOP): its socket still accepts connections and nobody answers. It returns when the last
// thread stands still, a little after the signal.
func (s *service) Pause() {
	s.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for s.proc != nil && !s.proc.frozen() && ctx.Err() == nil {
		wait(ctx, time.Millisecond)
	}
}

// Resume wakes a paused daemon.
func (s *service) Resume() { s.signal(syscall.SIGCONT) }

// Log returns the end of what the daemon printed.
func (s *service) Log() string {
	if s.proc == nil {
		return ""
	}
	return s.proc.logTail()
}

func (s *service) signal(sig syscall.Signal) {
	if s.proc != nil {
		s.proc.signal(sig)
	}
}

// end stops the daemon in good order.
func (s *service) end() {
	if s.proc != nil {
		s.proc.stop(stopGrace)
		s.proc = nil
	}
}
