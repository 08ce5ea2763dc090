package e2e

import (
	"strings"
	"testing"

	"edged/core/request"
)

// Whatever is wrong with the new container, the old one runs again.
func TestFailedUpdateIsRolledBack(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]badUpdate{
		"exits":        {image: "exits", reason: "exited with code 3", log: "exiting"},
		"crashes":      {image: "crashloop", reason: "exited with code 1", log: "crashing"},
		"is restarted": {image: "crashloop", run: []string{"--restart", "always"}},
		"takes long":   {image: "slowhealth", reason: "did not become healthy within 1s", update: []string{"--health-gate", "1s", "--env", "HEALTHY_AFTER=60"}},
		"is unhealthy": {image: "sickly", reason: "unhealthy", update: []string{"--", "sh", "-c", "touch /tmp/sick; sleep 60 & wait"}},
	} {
		t.Run(what, func(t *testing.T) {
			everywhere(t, func(e *edged) {
				e.start()
				e.rolledBack(tt)
			})
		})
	}
}

// badUpdate is an update that fails at the gate.
type badUpdate struct {
	image       string
	reason, log string   // part of what is told of it, and of its own log
	run, update []string // options of the container before, and of the update
}

func (e *edged) rolledBack(bad badUpdate) {
	e.t.Helper()
	name := e.run("idle", append(bad.run, e.lab.Image("idle"))...)
	old := e.id(name)
	res, _ := e.ask(13, append([]string{"update", name, e.lab.Image(bad.image)}, bad.update...)...)
	if res.Outcome != request.RolledBack || res.Changed || res.Failure == nil {
		e.t.Fatalf("result %+v", res)
	}
	has(e.t, "the reason", res.Reason, bad.reason)
	has(e.t, "the failed one's log", strings.Join(res.Failure.Logs, "\n"), bad.log)
	if got := e.id(name); got != old {
		e.t.Errorf("container %s, want the old one %s", got, old)
	}
	e.isRunning(name, true)
	e.existOnly(name)
}

// What can't even begin leaves the container as it was.
func TestUpdateThatCannotBegin(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		old := e.id(name)
		for _, args := range [][]string{{"nowhere:7"}, {"nowhere:7", "--no-pull"}, {"wrongarch"}} {
			args[0] = e.lab.Image(args[0])
			res, _ := e.ask(12, append([]string{"update", name}, args...)...)
			if res.Outcome != request.Failed || res.Changed {
				e.t.Errorf("result %+v", res)
			}
			has(e.t, "reason", res.Reason, strings.TrimSuffix(args[0], ":1"))
		}
		if e.id(name) != old {
			e.t.Error("it was replaced")
		}
		e.isRunning(name, true)
		e.existOnly(name)
	})
}
