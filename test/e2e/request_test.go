package e2e

import (
	"strings"
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
		e.cli(12, "install", e.name("c"), e.lab.Image("idle"), "--volume", "nonsense")
		has(e.t, "wrong platform", e.cli(12, "install", e.name("d"), e.lab.Image("wrongarch")).out, "image is for another platform", "arm64")
		has(e.t, "an end at once", e.cli(12, "install", e.name("e"), e.lab.Image("exits")).out, "exited with code 3", "    exiting")
		e.cli(12, "install", e.name("f"), e.lab.Image("crashloop"), "--restart", "always")
		has(e.t, "no health", e.cli(12, "install", e.name("g"), e.lab.Image("slowhealth"), "--health-gate", "1s", "--env", "HEALTHY_AFTER=60").out,
			"did not become healthy within 1s")
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
