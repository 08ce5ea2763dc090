package enginetest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
)

// restartPause is how long the fake waits before it starts a container again by its policy.
const restartPause = 100 * time.Millisecond

// start runs the container's program. Its goroutine ends with the program, and the fake waits for it.
func (f *Fake) start(c *fakeContainer) error {
	c.awaitEnd()
	f.mu.Lock()
	if c.state.Running {
		f.mu.Unlock()
		return nil
	}
	p := newProgram(f.ctx, c.log, c.config)
	c.program, c.started = p, time.Now()
	c.state = container.State{Status: "running", Running: true, StartedAt: c.started.Format(time.RFC3339Nano)}
	if hasCheck(c.config.Healthcheck) {
		c.state.Health = &container.Health{Status: "starting"}
	}
	p.health = func(status string) { f.setHealth(c, status) }
	f.mu.Unlock()
	f.tell(c, events.ActionStart, nil)
	f.wg.Go(func() { f.finish(c, p, p.run()) })
	return nil
}

func hasCheck(check *container.HealthConfig) bool {
	return check != nil && len(check.Test) > 0 && check.Test[0] != "NONE"
}

// finish notes the end of a program, and starts the container again if its policy wants it.
func (f *Fake) finish(c *fakeContainer, p *program, code int) {
	f.mu.Lock()
	started := c.state.StartedAt
	c.state = container.State{
		Status: "exited", ExitCode: code, OOMKilled: p.oom,
		StartedAt: started, FinishedAt: time.Now().Format(time.RFC3339Nano),
	}
	again := c.host.RestartPolicy.IsAlways() && !p.told()
	f.mu.Unlock()
	if p.oom {
		f.tell(c, events.ActionOOM, nil)
	}
	f.tell(c, events.ActionDie, map[string]string{"exitCode": strconv.Itoa(code)})
	c.log.end()
	close(p.ended)
	if !again || !pause(f.ctx, restartPause) {
		return
	}
	f.mu.Lock()
	there := c.program == p // else somebody started or removed it meanwhile
	for _, other := range f.containers {
		there = there || other == c
	}
	again = there && !p.told()
	if again {
		c.restarts++
	}
	f.mu.Unlock()
	if again {
		_ = f.start(c)
	}
}

func (f *Fake) setHealth(c *fakeContainer, status string) {
	f.mu.Lock()
	changed := c.state.Health != nil && c.state.Health.Status != status
	if changed {
		c.state.Health = &container.Health{Status: status}
	}
	f.mu.Unlock()
	if changed {
		f.tell(c, "exec_start: check", nil) // the noise that real engines make
		f.tell(c, events.Action("health_status: "+status), nil)
	}
}

func (f *Fake) stop(c *fakeContainer, grace time.Duration) error {
	f.mu.Lock()
	p := c.program
	f.mu.Unlock()
	if p == nil {
		return nil
	}
	if f.isRunning(c) {
		f.tell(c, events.ActionKill, map[string]string{"signal": "15"})
	}
	p.send("TERM")
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		p.send("KILL")
		<-p.ended
	}
	f.tell(c, events.ActionStop, nil)
	return nil
}

func (f *Fake) kill(c *fakeContainer, signal string) error {
	if !f.isRunning(c) {
		return refuse(http.StatusConflict, "Container %s is not running", c.id)
	}
	if signal = strings.TrimPrefix(signal, "SIG"); signal == "" {
		signal = "KILL"
	}
	f.tell(c, events.ActionKill, map[string]string{"signal": signal})
	c.program.send(signal)
	return nil
}

// awaitEnd waits for a program that was told to end.
func (c *fakeContainer) awaitEnd() {
	if c.program != nil && c.program.told() {
		<-c.program.ended
	}
}
