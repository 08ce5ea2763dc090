package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// What happens to a container is told in events, with what is needed to see why.
func TestEventsGoOut(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("fails", e.lab.Image("idle"), "sh", "-c", "echo first; echo last words; exit 3")
		e.hears(since, e.topic(name, "e", "container_created"), `"container":"`+name+`"`)
		e.hears(since, e.topic(name, "e", "container_started"), `"image":"`+e.lab.Image("idle")+`"`)
		e.hears(since, e.topic(name, "e", "container_died"), `"exitCode":3`, `"logs":["first","last words"]`, `"oom":false`, "exit code 3")
		e.engine.Run(e.t, "rm", name)
		e.hears(since, e.topic("edged", "e", "container_removed"), `"service":"`+name+`"`)
		e.isCleared(since, name)
		e.staysCleared(since, name)

		moody := e.run("moody", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
		e.hears(since, e.topic(moody, "e", "health_healthy"))
		e.engine.Run(e.t, "exec", moody, "touch", "/tmp/sick")
		e.hears(since, e.topic(moody, "e", "health_unhealthy"), `"container":"`+moody+`"`)
	})
}

// staysCleared checks that nothing was told under a service's name once it was gone: a mapper would register it anew.
func (e *edged) staysCleared(since time.Time, service string) {
	e.t.Helper()
	gone := false
	for _, m := range e.ear.Messages() {
		if m.At.Before(since) || m.Topic != e.topic(service) && !strings.HasPrefix(m.Topic, e.topic(service)+"/") {
			continue
		}
		if gone && m.Payload != "" {
			e.t.Errorf("%s was told after the end of its service: %s", m.Topic, m.Payload)
		}
		gone = gone || m.Topic == e.topic(service) && m.Payload == ""
	}
}

// A container that crashes again and again raises an alarm and few events, that together tell of every end. When it runs
// again the alarm is cleared, also by another run of edged than the one that has raised it.
func TestCrashLoop(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.settings["crash_loop.threshold"] = 2
		e.settings["crash_loop.soak"] = "2s"
		e.start()
		since := time.Now()
		name := e.name("loops")
		e.engine.Run(e.t, "run", "--detach", "--name", name, "--network", "none", "--restart", "always", "--volume", e.dir+":/mnt",
			e.lab.Image("idle"), "sh", "-c", "[ -e /mnt/well ] && { trap 'exit 0' TERM; sleep 2147483647 & wait; }; sleep 0.2; exit 1")
		alarm := e.topic(name, "a", "ContainerCrashLoop")
		e.hears(since, alarm, `"severity":"major"`, name+" has ended", "exit code 1")
		e.hears(since, e.topic(name, "e", "container_died"), `"exitCode":1`)
		e.kill()
		if err := os.WriteFile(e.path("well"), nil, 0o644); err != nil {
			e.t.Fatal(err)
		}
		eventually(e.t, "the container to run", func() bool { return e.inspect(name, "{{.State.Status}}") == "running" })
		if lab.Retained(e.t, e.settings["mqtt.url"].(string), alarm) == "" {
			e.t.Fatal("the alarm is not retained")
		}
		since = time.Now()
		e.start()
		e.hearsCleared(since, alarm)

		// Each end that edged has seen is in the count of some event.
		ends, events := 0, 0
		for _, m := range e.ear.Messages() {
			var died struct{ Count int }
			if m.Topic != e.topic(name, "e", "container_died") || json.Unmarshal([]byte(m.Payload), &died) != nil {
				continue
			}
			ends, events = ends+max(died.Count, 1), events+1
		}
		if events == 0 || ends < events {
			e.t.Errorf("%d ends in %d events", ends, events)
		}
	})
}

func TestTelemetryGoesOut(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.settings["telemetry.interval"] = "1s"
		e.start()
		since := time.Now()
		name := e.run("busy", e.lab.Image("idle"), "sh", "-c", "while :; do :; done")
		m := e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
			var used struct {
				Container struct{ CPU, Memory, NetIO *float64 }
			}
			c := &used.Container
			return m.Topic == e.topic(name, "m", "resource_usage") && json.Unmarshal([]byte(m.Payload), &used) == nil &&
				c.CPU != nil && *c.CPU > 1 && *c.CPU <= 100.5 && c.Memory != nil && *c.Memory < 100 && c.NetIO != nil
		})
		if m.Retained {
			e.t.Error("a measurement is retained")
		}
		e.hears(since, e.topic("edged", "m", "resource_usage"), `"process":{"cpu":`, `"memory":`, `"time":`)
	})
}

// How far a request is that came by the command line is told in events.
func TestProgressGoesOut(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	image := e.push("idle", "progress")
	since := time.Now()
	e.cli(0, "update", name, image)
	progress := e.topic("edged", "e", "operation_progress")
	e.hears(since, progress, `"op":"update"`, `"step":"pull"`)
	for _, step := range []string{"create", "stop", "start"} {
		e.hears(since, progress, `"op":"update"`, `"step":"`+step+`"`, `"container":"`+name+`"`)
	}
}
