package e2e

import (
	"bufio"
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edged/core/request"
	"edged/test/lab"
)

// edged in a container updates that container as it does any other: over MQTT and by its command line, forwards, and
// back from what fails.
func TestSelfUpdate(t *testing.T) {
	everywhere(t, func(e *edged) {
		name := e.runInside("self:1")
		since := time.Now()
		e.updateSelf(name, "1", "self:2")
		e.isUpdated(since, name, "1", "self:2")

		since = time.Now()
		// It ends with the container that it runs in.
		_, _ = e.engine.Try(e.t.Context(), "exec", name, "/bin/edged", "update", name, e.lab.Image("self:1"), "--id", "by-hand")
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"id":"by-hand"`, `"outcome":"committed"`, `"outageMs":`)
		if res, _ := e.ask(0, "update", name, e.lab.Image("self:1"), "--id", "by-hand"); res.Outcome != request.Committed || res.Timing == nil {
			e.t.Errorf("asked again, it says %+v", res)
		}
		e.isMadeFrom(name, "self:1")
		e.isRunning(name, true)
		e.existOnly(name)
	})
}

// An edged that fails leaves the place to the one before.
func TestSelfUpdateThatFails(t *testing.T) {
	t.Parallel()
	for image, reason := range map[string]string{"self-exits": "exited with code 3", "self-sick": "did not become healthy within 2s"} {
		t.Run(image, func(t *testing.T) {
			everywhere(t, func(e *edged) {
				e.settings["update.health_gate"] = "2s"
				name := e.runInside("self:1")
				old, since := e.id(name), time.Now()
				e.updateSelf(name, "1", image)
				s := e.finishes(since, "update", "1")
				if s.Status != "failed" || !s.RolledBack || s.Mine != "kept" {
					e.t.Errorf("the command ended as %+v", s)
				}
				has(e.t, "the reason", s.Reason, reason)
				if e.id(name) != old {
					e.t.Error("it is not the old container")
				}
				e.isRunning(name, true)
				e.existOnly(name)
				if got := e.status(); len(got.Requests) > 0 {
					e.t.Errorf("still under way: %+v", got.Requests)
				}
			})
		})
	}
}

// Two of edged can't share a socket and a client id, so it is never handed over.
func TestSelfUpdateIsNoHandover(t *testing.T) {
	e := onDocker(t)
	name := e.runInside("self:1")
	res, _ := e.ask(12, "update", name, e.lab.Image("self:2"), "--strategy", "handover")
	has(t, "the reason", res.Reason, "hand over "+name, "use the strategy replace")
	e.existOnly(name)
}

// Whenever the one that carries the update out is killed, some edged runs in the end, and the command has its final
// status.
func TestSelfUpdateKilled(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"deputy", "retire", "stop", "promote", "start", "gate"} {
		t.Run(step, func(t *testing.T) {
			everywhere(t, func(e *edged) {
				name := e.runInside("self:1")
				since := time.Now()
				e.updateSelf(name, "1", "self:2")
				e.killDeputy(since, name, step)
				e.endedWell(since, name, "self:1", "self:2")
			})
		})
	}
}

// Killed by a hand, the deputy is not started again by the engine. If there is no edged left to do it, edged repair does.
func TestSelfUpdateKilledByHand(t *testing.T) {
	everywhere(t, func(e *edged) {
		name := e.runInside("self:1")
		since := time.Now()
		e.updateSelf(name, "1", "self:2")
		e.hears(since, e.commandTopic("update", "1"), `"step":"deputy"`)
		if !e.follow(name+".edged-deputy", `"step":"promote"`) {
			e.t.Log("the deputy was faster than its murderer")
		}
		_, _ = e.engine.Try(e.t.Context(), "kill", name+".edged-deputy")
		_ = e.command("repair", "--engine-host", e.engine.Host).Run() // where an edged runs it is refused
		e.endedWell(since, name, "self:1", "self:2")
	})
}

// runInside runs edged in a container of the image, with the engine's socket and the test's folder.
func (e *edged) runInside(image string) string {
	e.t.Helper()
	if err := provideSelf(); err != nil {
		e.t.Fatal(err)
	}
	socket := strings.TrimPrefix(e.engine.Host, "unix://")
	e.settings["engine.host"] = "unix:///run/engine.sock"
	e.writeFile()
	e.ear = lab.Subscribe(e.t, e.settings["mqtt.url"].(string), e.prefix+"/#")
	since, name := time.Now(), e.name("edged")
	e.engine.Run(e.t, "run", "--detach", "--name", name, "--network", "host", "--restart", "unless-stopped",
		"--volume", socket+":/run/engine.sock", "--volume", e.dir+":"+e.dir, "--env", "EDGED_CONFIG="+e.path("edged.yaml"),
		e.lab.Image(image))
	e.t.Cleanup(e.showContainers)
	e.hears(since, e.topic("edged", "status", "health"), `"up"`)
	return name
}

// showContainers shows what the containers of a failed test have logged.
func (e *edged) showContainers() {
	if !e.t.Failed() {
		return
	}
	ctx := context.Background() // the test's own has ended
	names, _ := e.engine.Try(ctx, "ps", "--all", "--filter", "name="+e.prefix, "--format", "{{.Names}}")
	for _, name := range strings.Fields(names) {
		out, _ := e.engine.Command(ctx, "logs", name).CombinedOutput()
		e.t.Logf("%s logged:\n%s", name, out)
	}
	e.t.Logf("heard:\n%s", e.ear)
}

// updateSelf asks for an update over MQTT.
func (e *edged) updateSelf(name, id, image string) {
	e.t.Helper()
	e.send("update", id, `{"status":"init","container":"`+name+`","image":"`+e.lab.Image(image)+`","mine":"kept"}`)
}

// isUpdated waits for the end of the update, and checks that all is well.
func (e *edged) isUpdated(since time.Time, name, id, image string) {
	e.t.Helper()
	if s := e.finishes(since, "update", id); s.Status != "successful" || s.Mine != "kept" || !s.Changed {
		e.t.Errorf("the command ended as %+v", s)
	}
	e.isMadeFrom(name, image)
	e.isRunning(name, true)
	e.existOnly(name)
}

// killDeputy kills the deputy's process as soon as it has come to the step, unless all was over before that could be seen.
func (e *edged) killDeputy(since time.Time, name, step string) {
	e.t.Helper()
	e.hears(since, e.commandTopic("update", "1"), `"step":"deputy"`)
	if e.follow(name+".edged-deputy", `"step":"`+step+`"`) {
		pid, err := strconv.Atoi(e.tryInspect(name+".edged-deputy", "{{.State.Pid}}"))
		if err == nil && pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
			return
		}
	}
	e.t.Logf("the deputy was faster than its murderer at %s", step)
}

// follow reads the log of a container until a line has part; false: it ended before.
func (e *edged) follow(container, part string) bool {
	e.t.Helper()
	ctx, stop := context.WithTimeout(e.t.Context(), patience)
	defer stop()
	for ctx.Err() == nil && e.tryInspect(container, "{{.Id}}") != "" {
		logs := e.engine.Command(ctx, "logs", "--follow", container)
		out, err := logs.StdoutPipe()
		if err == nil {
			err = logs.Start()
		}
		if err != nil {
			e.t.Fatal(err)
		}
		found := false
		for lines := bufio.NewScanner(out); !found && lines.Scan(); {
			found = strings.Contains(lines.Text(), part)
		}
		_ = logs.Process.Kill() // it may have ended by itself, as it may have without the line
		_ = logs.Wait()
		if found {
			return true
		}
	}
	return false
}

// tryInspect is inspect of a container that may be gone, empty then.
func (e *edged) tryInspect(name, field string) string {
	out, _ := e.engine.Try(e.t.Context(), "container", "inspect", "--format", field, name)
	return out
}

// provideSelf makes the images with edged in them and fetches them, once: two versions, one that exits, and one that is
// never healthy.
var provideSelf = sync.OnceValue(func() error {
	program, err := os.ReadFile(buildFolder() + "/edged")
	if err != nil {
		return err
	}
	ctx := context.Background() // it outlives the first test
	env, _ := lab.FromEnvironment()
	image := func(name string, check *lab.Healthcheck, cmd ...string) lab.ImageSpec {
		return lab.ImageSpec{Name: name, Files: map[string]string{"/bin/edged": string(program)}, Config: lab.ImageConfig{
			Env: []string{"PATH=/bin"}, Cmd: cmd, Healthcheck: check, Labels: map[string]string{"version": name},
		}}
	}
	check := func(command ...string) *lab.Healthcheck {
		return &lab.Healthcheck{Test: append([]string{"CMD"}, command...), Interval: 500 * time.Millisecond, Timeout: 5 * time.Second, Retries: 100}
	}
	pusher := env.Pusher()
	for _, spec := range []lab.ImageSpec{
		image("self:1", nil, "edged", "run"),
		image("self:2", check("/bin/edged", "status"), "edged", "run"),
		image("self-exits", nil, "sh", "-c", "echo exiting; exit 3"),
		image("self-sick", check("/bin/false"), "edged", "run"),
	} {
		if _, err := pusher.Push(ctx, spec); err != nil {
			return err
		}
		for _, engine := range env.Engines() {
			if _, err := engine.Try(ctx, "pull", "--quiet", env.Image(spec.Name)); err != nil {
				return err
			}
		}
	}
	return nil
})
