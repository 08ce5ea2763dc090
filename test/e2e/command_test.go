package e2e

import (
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// A command walks from init over executing to its end, with the requester's own fields.
func TestCommand(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		for _, op := range []string{"stop", "start", "restart", "update", "remove", "install", "pull"} {
			since := time.Now()
			e.send(op, "c-1", `{"status":"init","container":"`+name+`","image":"`+e.lab.Image("printenv")+`","mine":"kept","from":{"a":[1]}}`)
			executing := e.hears(since, e.commandTopic(op, "c-1"), `"status":"executing"`, `"mine":"kept"`)
			s := e.finishes(executing.At, op, "c-1")
			if s.Status != "successful" || s.Mine != "kept" || s.Reason != "" {
				e.t.Errorf("%s ended as %+v", op, s)
			}
			if got := lab.Retained(e.t, e.lab.MQTTURL, e.commandTopic(op, "c-1")); !strings.Contains(got, `"successful"`) {
				e.t.Errorf("%s: retained %s", op, got)
			}
		}
		e.isMadeFrom(name, "printenv")
		e.isRunning(name, true)
		e.existOnly(name)
	})
}

// A command that fails says why.
func TestCommandThatFails(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	nobody, missing := e.name("nobody"), e.lab.Image("nowhere:7")
	for id, tt := range map[string]struct {
		op, payload string
		says        []string
	}{
		"rollback":        {"update", `{"status":"init","container":"` + name + `","image":"` + e.lab.Image("exits") + `"}`, []string{"exited with code 3"}},
		"missing image":   {"update", `{"status":"init","container":"` + name + `","image":"` + missing + `"}`, []string{missing}},
		"missing pull":    {"pull", `{"status":"init","image":"` + missing + `"}`, []string{missing}},
		"unknown":         {"stop", `{"status":"init","container":"` + nobody + `"}`, []string{nobody}},
		"no container":    {"stop", `{"status":"init"}`, []string{"field container", "missing"}},
		"no image":        {"pull", `{"status":"init","container":"x"}`, []string{"field image", "missing"}},
		"no status":       {"stop", `{"container":"` + name + `"}`, []string{"field status", "missing"}},
		"wrong type":      {"stop", `{"status":"init","container":7}`, []string{"field container", "string", "number"}},
		"wrong option":    {"stop", `{"status":"init","container":"` + name + `","options":{"stop_timeout":"soon"}}`, []string{"field options.stop_timeout", "soon"}},
		"unknown option":  {"update", `{"status":"init","container":"` + name + `","options":{"forse":true}}`, []string{"field options.forse", "unknown"}},
		"no JSON":         {"stop", `stop ` + name, []string{"payload", "JSON"}},
		"no object":       {"stop", `[]`, []string{"payload"}},
		"unknown command": {"fly", `{"status":"init","container":"` + name + `"}`, []string{"field op", `"fly"`}},
	} {
		t.Run(id, func(t *testing.T) {
			id := strings.ReplaceAll(id, " ", "-")
			since := time.Now()
			e.send(tt.op, id, tt.payload)
			s := e.finishes(since, tt.op, id)
			if s.Status != "failed" || s.Changed || s.RolledBack != (id == "rollback") {
				t.Errorf("ended as %+v", s)
			}
			has(t, "the reason", s.Reason, tt.says...)
		})
	}
	e.isRunning(name, true)
	e.isMadeFrom(name, "idle")
	e.existOnly(name)
}

// The same id twice is one execution, and answered twice.
func TestCommandTwice(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	command := `{"status":"init","container":"` + name + `"}`
	since := time.Now()
	e.send("restart", "1", command)
	e.send("restart", "1", command)
	e.finishes(since, "restart", "1")
	began := e.inspect(name, "{{.State.StartedAt}}")

	since = time.Now()
	e.send("restart", "1", command)
	if s := e.finishes(since, "restart", "1"); s.Status != "successful" {
		t.Errorf("the repeated command ended as %+v", s)
	}
	if e.inspect(name, "{{.State.StartedAt}}") != began {
		t.Error("it was restarted again")
	}

	// Cleared, the id is free, and nothing comes back under it.
	topic := e.commandTopic("restart", "1")
	lab.Publish(t, e.lab.MQTTURL, topic, "", true)
	since = time.Now()
	e.send("stop", "2", command)
	e.finishes(since, "stop", "2")
	if got := lab.Retained(t, e.lab.MQTTURL, topic); got != "" {
		t.Errorf("the cleared command came back: %s", got)
	}
	since = time.Now()
	e.send("restart", "1", command)
	e.finishes(since, "restart", "1")
	if e.inspect(name, "{{.State.StartedAt}}") == began {
		t.Error("the id was not free again")
	}
}

// Who clears a command under way hears no more of it; what has begun is done.
func TestCommandClearedUnderWay(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("stubborn", "--stop-timeout", "600", e.lab.Image("stubborn"))
	since := time.Now()
	e.send("stop", "1", `{"status":"init","container":"`+name+`"}`)
	e.hears(since, e.commandTopic("stop", "1"), `"executing"`)
	eventually(t, "the stop to begin", func() bool { return strings.Contains(e.cli(0, "logs", name).out, "ignoring") })
	lab.Publish(t, e.lab.MQTTURL, e.commandTopic("stop", "1"), "", true)
	e.hearsCleared(since, e.commandTopic("stop", "1"))
	since = time.Now()
	e.engine.Run(t, "kill", name)
	e.until(since, name)
	e.cli(0, "start", name) // the stop is over
	if m, _ := e.ear.Last(e.commandTopic("stop", "1")); m.Payload != "" {
		t.Errorf("the cleared command came back: %s", m.Payload)
	}
	if got := lab.Retained(t, e.lab.MQTTURL, e.commandTopic("stop", "1")); got != "" {
		t.Errorf("retained: %s", got)
	}
}

// A command that waits on the broker is carried out when edged comes, and only then.
func TestCommandWaits(t *testing.T) {
	e := onDocker(t)
	name := e.run("idle", e.lab.Image("idle"))
	e.send("stop", "new", `{"status":"init","container":"`+name+`"}`)
	e.send("start", "old", `{"status":"successful","container":"`+name+`"}`)
	since := time.Now()
	e.start()
	if s := e.finishes(since, "stop", "new"); s.Status != "successful" {
		t.Errorf("the waiting command ended as %+v", s)
	}
	e.isRunning(name, false)
}

// A deferred command outlives edged, and is called off by who clears it.
func TestDeferredCommand(t *testing.T) {
	e := onDocker(t)
	e.script("10-defer.lua", `edged.before("stop", function(ev) return edged.defer("1h", "in an hour") end)`)
	e.start()
	name, other := e.run("idle", e.lab.Image("idle")), e.run("other", e.lab.Image("idle"))
	since := time.Now()
	for id, container := range map[string]string{"1": name, "2": other} {
		e.send("stop", id, `{"status":"init","container":"`+container+`"}`)
		e.hears(since, e.commandTopic("stop", id), `"status":"executing"`, `"deferredUntil"`, "in an hour")
	}
	lab.Publish(t, e.lab.MQTTURL, e.commandTopic("stop", "2"), "", true)
	eventually(t, "the cleared command to be called off", func() bool { return len(e.status().Requests) == 1 })

	e.kill()
	e.script("10-defer.lua", `edged.before("stop", function(ev) return edged.allow("now") end)`)
	since = time.Now()
	e.start()
	if s := e.finishes(since, "stop", "1"); s.Status != "successful" {
		t.Errorf("the deferred command ended as %+v", s)
	}
	e.isRunning(name, false)
	e.isRunning(other, true)
}

// Asked for its health, edged answers.
func TestHealthIsAskedFor(t *testing.T) {
	e := onDocker(t)
	e.start()
	since := time.Now()
	lab.Publish(t, e.lab.MQTTURL, e.commandTopic("health", "check"), "{}", false)
	e.hears(since, e.topic("edged", "status", "health"), `"up"`)
}
