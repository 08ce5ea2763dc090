package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/core/request"
)

func TestStopStartRestart(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		has(e.t, "stop", e.cli(0, "stop", name).out, name+": stopped")
		e.isRunning(name, false)
		e.cli(0, "stop", name) // a goal, not an action
		has(e.t, "start", e.cli(0, "start", name).out, name+": started")
		e.isRunning(name, true)
		began := e.inspect(name, "{{.State.StartedAt}}")
		has(e.t, "restart", e.cli(0, "restart", name).out, name+": restarted")
		e.isRunning(name, true)
		if e.inspect(name, "{{.State.StartedAt}}") == began {
			e.t.Error("it was not restarted")
		}
	})
}

// Install makes a container, and updates the one that is there.
func TestInstallAndRemove(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.name("web")
		has(e.t, "install", e.cli(0, "install", name, e.lab.Image("web:1"), "--env", "PORT=8080", "--label", "mine=1",
			"--publish", "127.0.0.1::8080", "--volume", e.dir+":/mnt:ro", "--restart", "unless-stopped").out, "installed")
		e.isRunning(name, true)
		has(e.t, "settings", e.inspect(name, "{{json .Config.Env}} {{json .Config.Labels}} {{json .HostConfig}} {{json .Mounts}}"),
			`"PORT=8080"`, `"mine":"1"`, `"8080/tcp"`, e.dir, "unless-stopped")
		if out := e.engine.Run(e.t, "exec", name, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"); out != "web 1" {
			e.t.Errorf("it answers %q", out)
		}

		old := e.id(name)
		e.cli(0, "install", name, e.lab.Image("web:2"))
		if e.id(name) == old {
			e.t.Error("it was not updated")
		}
		e.isMadeFrom(name, "web:2")
		has(e.t, "settings", e.inspect(name, "{{json .Config.Env}}"), `"PORT=8080"`)

		e.cli(0, "install", e.name("printer"), e.lab.Image("printenv"), "--", "sh", "-c", "echo mine; sleep 60 & wait")
		has(e.t, "command", e.inspect(e.name("printer"), "{{json .Config.Cmd}}"), "echo mine")

		since := time.Now()
		has(e.t, "remove", e.cli(0, "remove", name).out, "removed")
		e.cli(0, "remove", name) // a goal, not an action
		e.cli(0, "remove", e.name("printer"), "--stop-timeout", "1s")
		e.existOnly()
		e.isCleared(since, name)
	})
}

// An install that can't succeed leaves nothing behind.
func TestInstallThatFails(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		missing := e.lab.Image("nowhere:7")
		has(e.t, "missing image", e.cli(12, "install", e.name("a"), missing).out, missing)
		e.cli(12, "install", e.name("b"), e.lab.Image("wrongarch"))
		e.cli(12, "install", e.name("c"), e.lab.Image("idle"), "--volume", "nonsense")
		e.existOnly()
	})
}

// A pull tells how far it is, for people and for programs.
func TestPull(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		image := e.push("pulled", e.engine.Name+strings.Repeat("some bytes ", 1000))
		since := time.Now()
		said := e.cli(0, "pull", image)
		has(e.t, "result", said.out, image, "pulled")
		has(e.t, "progress", said.err, "pull")
		e.engine.Run(e.t, "image", "inspect", image)
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"pull"`, `"outcome":"committed"`, image)

		e.engine.Run(e.t, "image", "rm", image)
		res, steps := e.ask(0, "pull", image)
		if res.Outcome != request.Committed || len(steps) == 0 || steps[0].Step != "pull" {
			e.t.Errorf("result %+v after steps %+v", res, steps)
		}
		for _, missing := range []string{e.lab.Image("nowhere:7"), "127.0.0.1:1/nobody/there:1", e.lab.Image("wrongarch:list")} {
			has(e.t, "missing image", e.cli(12, "pull", missing).out, missing)
		}
		if image := e.lab.LoginImage("web:2"); image != "" {
			has(e.t, "login", e.cli(12, "pull", image).out, image)
		}
	})
}

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
		{64, []string{"stop", "a", "b"}, `"b"`},
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

func TestViews(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("web", "--publish", "127.0.0.1::80", e.lab.Image("web:1"))
		e.hears(time.Time{}, e.topic(name, "status", "health"), `"up"`)
		has(e.t, "ps", e.cli(0, "ps").out, "NAME", name, e.lab.Image("web:1"), "running", "healthy", "80/tcp")
		var list []struct{ Name, Image, State, Health, ID string }
		e.decode(e.cli(0, "ps", "--output", "json").out, &list)
		if len(list) != 1 || list[0].Name != name || list[0].ID != e.id(name) || list[0].State != "running" || list[0].Health != "healthy" {
			e.t.Errorf("ps shows %+v", list)
		}
		has(e.t, "status", e.cli(0, "status").out, "connected to "+e.engine.Name, "connected to "+e.lab.MQTTURL)
	})
}

func TestLogs(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("talker", e.lab.Image("idle"), "sh", "-c", "echo one; echo two >&2; echo three; sleep 60 & wait")
		eventually(e.t, "the log", func() bool { return strings.Contains(e.cli(0, "logs", name).out, "three") })
		has(e.t, "logs", e.cli(0, "logs", name).out, "one\n", "two\n", "three\n")
		if out := e.cli(0, "logs", "--tail", "1", name).out; strings.Count(out, "\n") != 1 {
			e.t.Errorf("the last line is %q", out)
		}
		has(e.t, "timestamps", e.cli(0, "logs", "--timestamps", name).out, time.Now().UTC().Format("2006-"))

		follow := e.command("logs", "--follow", name)
		seen := newJournal()
		follow.Stdout = seen
		if err := follow.Start(); err != nil {
			e.t.Fatal(err)
		}
		seen.wait(e.t, "three")
		_ = follow.Process.Signal(syscall.SIGINT)
		_ = follow.Wait()
		if code := follow.ProcessState.ExitCode(); code != 130 {
			e.t.Errorf("left with exit code %d", code)
		}
	})
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
