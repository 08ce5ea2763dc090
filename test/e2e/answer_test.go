package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each way to be wrong has its exit code, and names what is wrong.
func TestExitCodes(t *testing.T) {
	e := onDocker(t)
	e.start()
	nobody := e.name("nobody")
	for _, tt := range []struct {
		code int
		args []string
		says string
	}{
		{3, []string{"stop", nobody}, nobody},
		{3, []string{"start", nobody}, nobody},
		{3, []string{"restart", nobody}, nobody},
		{3, []string{"update", nobody}, nobody},
		{3, []string{"logs", nobody}, nobody},
		{12, []string{"pull", "Not A Reference"}, "Not A Reference"},
		{64, []string{"stop"}, "argument"},
		{3, []string{"stop", nobody, e.name("neither")}, e.name("neither")},
		{64, []string{"rollback", nobody, "b"}, `"b"`},
		{64, []string{"fly"}, "fly"},
		{64, []string{"update", nobody, "--health-gate", "soon"}, `"soon"`},
		{64, []string{"ps", "--output", "xml"}, "xml"},
	} {
		said := e.cli(tt.code, tt.args...)
		has(t, strings.Join(tt.args, " "), said.out+said.err, tt.says)
	}
}

// While something is being done to a container, nothing else is; who asks is told what is under way.
func TestConflict(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("stubborn", "--stop-timeout", "600", e.lab.Image("stubborn"))
	since := time.Now()
	e.send("stop", "slow", `{"status":"init","container":"`+name+`"}`)
	e.hears(since, e.commandTopic("stop", "slow"), `"executing"`)
	eventually(t, "the stop to begin", func() bool { return strings.Contains(e.cli(0, "logs", name).out, "ignoring") })
	for _, op := range []string{"stop", "restart", "update", "remove"} {
		res, _ := e.ask(4, op, name)
		has(t, op, res.Reason, name, "stop slow")
	}
	if under := e.cli(0, "status").out; !strings.Contains(under, "slow: stop "+name) {
		t.Errorf("edged status shows:\n%s", under)
	}
	e.cli(0, "ps")
	e.engine.Run(t, "kill", name)
	if s := e.finishes(since, "stop", "slow"); s.Status != "successful" {
		t.Errorf("the stop ended as %+v", s)
	}
	e.cli(0, "start", name)
}

// The same id is the same request.
func TestSameID(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	first, _ := e.ask(0, "restart", name, "--id", "mine")
	began := e.inspect(name, "{{.State.StartedAt}}")
	second, _ := e.ask(0, "restart", name, "--id", "mine")
	if first.ID != "mine" || !first.Finished.Equal(second.Finished) {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if e.inspect(name, "{{.State.StartedAt}}") != began {
		t.Error("it was restarted twice")
	}
}

// Who leaves does not take the request along.
func TestLeaving(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("stubborn", "--stop-timeout", "600", "--env", "IGNORE_SECONDS=2", e.lab.Image("stubborn"))
	stop := e.command("stop", name)
	said := newJournal()
	stop.Stderr = said
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stop to begin", func() bool { return strings.Contains(e.cli(0, "logs", name).out, "ignoring") })
	since := time.Now()
	_ = stop.Process.Signal(syscall.SIGINT)
	_ = stop.Wait()
	if code := stop.ProcessState.ExitCode(); code != 130 {
		t.Errorf("left with exit code %d", code)
	}
	has(t, "leaving", said.String(), "the request goes on as")
	e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"stop"`, `"outcome":"committed"`, name)
	e.isRunning(name, false)
}
