package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// However far an update has come when edged is killed: after its restart there is one container, it runs, and the
// command has its final status.
func TestKilledDuringUpdate(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"pull", "create", "retire", "stop", "promote", "start", "gate", "commit"} {
		t.Run(step, func(t *testing.T) {
			everywhere(t, func(e *edged) {
				e.start()
				name := e.run("idle", e.lab.Image("idle"))
				since := e.updateAndKill(step, `{"status":"init","container":"`+name+`","image":"`+e.lab.Image("slowhealth")+`","options":{"env":["HEALTHY_AFTER=1"]}}`)
				e.start()
				e.endedWell(since, name, "idle", "slowhealth")
			})
		})
	}
}

// A stop that takes long goes on in the engine when edged is gone: what edged starts again must outlive it.
func TestKilledWhileStubbornContainerStops(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("stubborn", "--stop-timeout", "3", e.lab.Image("stubborn"))
		since := e.updateAndKill("stop", `{"status":"init","container":"`+name+`","image":"`+e.lab.Image("printenv")+`"}`)
		e.start()
		e.endedWell(since, name, "stubborn", "printenv")
		e.staysUp(name)
	})
}

// A new container that fails at the gate after the restart is rolled back all the same.
func TestKilledAtTheGateOfBadContainer(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.settings["update.health_gate"] = "2s"
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		old := e.id(name)
		since := e.updateAndKill("gate", `{"status":"init","container":"`+name+`","image":"`+e.lab.Image("slowhealth")+`","options":{"env":["HEALTHY_AFTER=60"]}}`)
		e.start()
		if s := e.finishes(since, "update", "1"); s.Status != "failed" || !s.RolledBack {
			e.t.Errorf("final status %+v", s)
		}
		if e.id(name) != old {
			e.t.Error("it is not the old container")
		}
		e.isRunning(name, true)
		e.existOnly(name)
	})
}

// An edged that is told to end does not wait for the gate: its next start goes on there.
func TestStoppedAtTheGate(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	since := time.Now()
	e.send("update", "1", `{"status":"init","container":"`+name+`","image":"`+e.lab.Image("slowhealth")+`","options":{"env":["HEALTHY_AFTER=8"]}}`)
	e.hears(since, e.commandTopic("update", "1"), `"step":"gate"`)
	if code := e.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if m, _ := e.ear.Last(e.commandTopic("update", "1")); !containsAll(m.Payload, []string{`"executing"`}) {
		t.Errorf("the command stands at %s", m.Payload)
	}
	since = time.Now()
	e.start()
	if s := e.finishes(since, "update", "1"); s.Status != "successful" {
		t.Errorf("the command ended as %+v", s)
	}
	e.isMadeFrom(name, "slowhealth")
	e.isRunning(name, true)
	e.existOnly(name)
}

// updateAndKill asks for an update over MQTT, and kills edged as soon as it says that it has come to the step. It
// returns when it asked: the end of the last step may have been told already.
func (e *edged) updateAndKill(step, command string) (asked time.Time) {
	e.t.Helper()
	since := time.Now()
	e.send("update", "1", command)
	e.hears(since, e.commandTopic("update", "1"), `"step":"`+step+`"`)
	e.kill()
	e.hears(since, e.topic("edged", "status", "health"), `"down"`)
	return since
}

// endedWell waits for the end of the update, and checks that it was a good one: the old image or the new, and nothing
// else.
func (e *edged) endedWell(since time.Time, name string, images ...string) {
	e.t.Helper()
	s := e.finishes(since, "update", "1")
	image := e.inspect(name, "{{.Config.Image}}")
	if !slices.ContainsFunc(images, func(i string) bool { return e.lab.Image(i) == image }) {
		e.t.Errorf("it is made from %s, want one of %s", image, images)
	}
	if done := image == e.lab.Image(images[1]); done != (s.Status == "successful") {
		e.t.Errorf("made from %s, but its status is %+v", image, s)
	}
	e.isRunning(name, true)
	e.existOnly(name)
	eventually(e.t, "its health to be told", func() bool {
		m, ok := e.ear.Last(e.topic(name, "status", "health"))
		return ok && strings.Contains(m.Payload, `"up"`)
	})
}

// staysUp checks that nothing that was under way ends the container after all.
func (e *edged) staysUp(name string) {
	e.t.Helper()
	timeout := time.NewTimer(4 * time.Second)
	defer timeout.Stop()
	<-timeout.C
	e.isRunning(name, true)
	if m, ok := e.ear.Last(e.topic(name, "status", "health")); !ok || !containsAll(m.Payload, []string{`"up"`}) {
		e.t.Errorf("its health is %s", m.Payload)
	}
}
