package enginetest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
)

// program is what runs in a container: one of the test images' programs, or a few shell commands.
type program struct {
	ctx    context.Context // ends when the program must
	cancel context.CancelFunc
	config *container.Config
	log    *logBook
	health func(status string)
	ended  chan struct{} // closed when its end is noted
	busy   bool
	oom    bool

	mu     sync.Mutex
	signal string // the last one that it was told
}

// Exit codes by signal, as shells give them.
const (
	exitKilled = 137
	forever    = 1000 * time.Hour
)

func newProgram(ctx context.Context, log *logBook, config *container.Config) *program {
	p := &program{config: config, log: log, ended: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(ctx)
	p.log.begin()
	command := strings.Join(config.Cmd, " ")
	p.busy = strings.Contains(command, "do :; done")
	return p
}

// send delivers a signal. A program that ignores SIGTERM lives on.
func (p *program) send(signal string) {
	p.mu.Lock()
	p.signal = signal
	p.mu.Unlock()
	if signal == "KILL" || !p.ignores() {
		p.cancel()
	}
}

// told reports whether somebody wanted it to end.
func (p *program) told() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signal != ""
}

// ignores SIGTERM, as a shell without a trap does that is the first process of its container.
func (p *program) ignores() bool {
	return p.config.Labels["fake"] == "stubborn" || p.config.Cmd[0] == "sh"
}

// run returns the exit code.
func (p *program) run() int {
	defer p.cancel()
	code := p.work()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ctx.Err() == nil:
		return code
	case p.signal == "TERM" && !p.ignores():
		return 0
	}
	return exitKilled
}

func (p *program) work() int {
	switch command := p.config.Cmd; {
	case command[0] == "sh":
		return p.script(command[len(command)-1])
	case command[0] == "echo":
		p.print("stdout", strings.Join(command[1:], " "))
		return 0
	case command[0] == "tail":
		p.oom = true
		return exitKilled
	}
	return p.main()
}

// script runs the shell commands that the suite uses.
func (p *program) script(text string) int {
	for command := range strings.SplitSeq(text, ";") {
		words := strings.Fields(command)
		switch words[0] {
		case "echo":
			stream := "stdout"
			if slices.Contains(words, ">&2") {
				stream, words = "stderr", words[:len(words)-1]
			}
			p.print(stream, strings.Join(words[1:], " "))
		case "sleep":
			seconds, _ := strconv.Atoi(words[1])
			p.sleep(time.Duration(seconds) * time.Second)
		case "while":
			p.sleep(forever)
		case "exit":
			code, _ := strconv.Atoi(words[1])
			return code
		}
	}
	return 0
}

// main is the program of a test image.
func (p *program) main() int {
	switch p.config.Labels["fake"] {
	case "exits":
		p.print("stdout", "exiting")
		return 3
	case "crashloop":
		p.sleep(300 * time.Millisecond)
		return 1
	case "printenv":
		for _, entry := range p.config.Env {
			p.print("stdout", entry)
		}
	case "web":
		p.after(200*time.Millisecond, "healthy")
	case "slowhealth":
		p.after(p.seconds("HEALTHY_AFTER")+100*time.Millisecond, "healthy")
	case "sickly":
		p.after(100*time.Millisecond, "healthy")
		p.after(p.seconds("SICK_AFTER"), "unhealthy")
	}
	p.sleep(forever)
	return 0
}

func (p *program) after(d time.Duration, health string) {
	if p.sleep(d) {
		p.health(health)
	}
}

func (p *program) seconds(variable string) time.Duration {
	for _, entry := range slices.Backward(p.config.Env) {
		if text, ok := strings.CutPrefix(entry, variable+"="); ok {
			n, _ := strconv.Atoi(text)
			return time.Duration(n) * time.Second
		}
	}
	return 0
}

func (p *program) sleep(d time.Duration) bool { return pause(p.ctx, d) }

func (p *program) print(stream, text string) {
	end := "\n"
	if p.config.Tty {
		end = "\r\n"
	}
	p.log.write(stream, text+end)
}

// pause waits; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
