package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

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

		first := "one\n"
		if e.engine.Name == "docker" {
			first = " one\n" // of no log driver's details
		}
		if out := e.cli(0, "logs", "--details", name).out; !strings.Contains(out, first) {
			e.t.Errorf("with details %q", out)
		}

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
