package e2e

import (
	"strings"
	"testing"
	"time"

	"edged/core/request"
	"edged/test/lab"
)

// A denial keeps an operation from being done, and is told to the asker and on MQTT with the line that said it.
func TestDenied(t *testing.T) {
	e := onDocker(t)
	e.script("10-deny.lua", `
for _, op in ipairs { "pull", "update", "stop", "remove", "create" } do
  edged.before(op, function(ev) return edged.deny("no " .. op .. " today") end)
end`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	old, image := e.id(name), e.push("unpulled", "never")
	for _, tt := range []struct {
		op   string
		args []string
	}{
		{"pull", []string{"pull", image}},
		{"update", []string{"update", name, e.lab.Image("printenv")}},
		{"stop", []string{"stop", name}},
		{"remove", []string{"remove", name}},
		{"create", []string{"install", e.name("new"), e.lab.Image("idle")}},
	} {
		since := time.Now()
		res, _ := e.ask(10, tt.args...)
		if res.Outcome != request.Denied || res.Changed {
			t.Errorf("%s: result %+v", tt.op, res)
		}
		has(t, tt.op, res.Reason, "no "+tt.op+" today")
		d := e.decides(since, "before", tt.op, "deny")
		if d.Script != "10-deny.lua:3" || d.Reason != "no "+tt.op+" today" || d.Failed {
			t.Errorf("%s: record %+v", tt.op, d)
		}
	}
	if _, err := e.engine.Try(t.Context(), "image", "inspect", image); err == nil {
		t.Error("the denied image was pulled")
	}
	if e.id(name) != old {
		t.Error("the container was replaced")
	}
	e.isRunning(name, true)
	e.existOnly(name)
}

// The scripts see what is asked for; without an opinion it is allowed, or denied if the default is so.
func TestAllowed(t *testing.T) {
	e := onDocker(t)
	e.settings["policy.default"] = "deny"
	e.script("10-allow.lua", `
edged.before("stop", function(ev)
  if ev.container.labels["role"] == "test" and ev.container.state == "running" and ev.actor == "cli" then
    return edged.allow("it is but a test")
  end
end)
edged.before("start", function(ev) end)`)
	e.start()
	name := e.run("idle", "--label", "role=test", e.lab.Image("idle"))
	since := time.Now()
	e.cli(0, "stop", name)
	e.isRunning(name, false)
	if d := e.decides(since, "before", "stop", "allow"); d.Reason != "it is but a test" || d.Container != name {
		t.Errorf("record %+v", d)
	}
	has(t, "the default", e.cli(10, "start", name).out, "policy.default is deny")
	e.isRunning(name, false)
}

// A deferral is answered at once, asked again in its time, and then done.
func TestDeferred(t *testing.T) {
	e := onDocker(t)
	e.script("10-defer.lua", `
edged.before("stop", function(ev)
  if ev.attempt < 2 then return edged.defer("1s", "not yet, " .. ev.attempt) end
end)`)
	e.start()
	name, other := e.run("idle", e.lab.Image("idle")), e.run("other", e.lab.Image("idle"))
	e.hears(time.Time{}, e.topic(name, "status", "health"), `"up"`)
	since := time.Now()
	res, _ := e.ask(11, "stop", name)
	if res.Outcome != request.Deferred || !res.Until.After(since) {
		t.Errorf("result %+v", res)
	}
	has(t, "the reason", res.Reason, "not yet, 0")
	e.isRunning(name, true)
	if running := e.status().Requests; len(running) != 1 || running[0].Target != name || running[0].Until.IsZero() {
		t.Errorf("under way: %+v", running)
	}
	e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"stop"`, `"outcome":"committed"`, name)
	e.isRunning(name, false)
	if gap := e.until(since, name).Sub(res.Started); gap < 2*time.Second {
		t.Errorf("stopped after %s, before its time", gap)
	}

	since = time.Now()
	e.send("stop", "1", `{"status":"init","container":"`+other+`"}`)
	e.hears(since, e.commandTopic("stop", "1"), `"status":"executing"`, `"deferredUntil":"`, "not yet, 1")
	if s := e.finishes(since, "stop", "1"); s.Status != "successful" {
		t.Errorf("the command ended as %+v", s)
	}
	e.isRunning(other, false)
}

// until is when the container was told to be down.
func (e *edged) until(since time.Time, name string) time.Time {
	e.t.Helper()
	return e.hears(since, e.topic(name, "status", "health"), `"down"`).At
}

// What a script changes of an operation is what is done.
func TestModified(t *testing.T) {
	e := onDocker(t)
	mirror := e.push("mirrored", "by policy")
	e.script("10-modify.lua", `
edged.before("pull", { stage = "mutate" }, function(ev)
  if ev.image.registry == "nowhere.example" then return edged.modify({ image = "`+mirror+`" }, "mirror") end
end)
edged.before("pull", function(ev)
  if ev.image.registry == "nowhere.example" then return edged.deny("the mirror was not used") end
end)
edged.before("update", function(ev)
  return edged.modify { env = { SITE = "plant 7" }, labels = { by = "policy" } }
end)
edged.before("create", function(ev) return edged.modify { env = { SITE = "plant 8" } } end)
edged.before("stop", function(ev) return edged.modify { stop_timeout = "1s" } end)`)
	e.start()

	since := time.Now()
	e.cli(0, "pull", "nowhere.example/app:1")
	e.engine.Run(t, "image", "inspect", mirror)
	if d := e.decides(since, "before", "pull", "allow"); d.Patch["image"] != mirror {
		t.Errorf("record %+v", d)
	}

	name := e.run("env", e.lab.Image("idle"))
	e.cli(0, "update", name, e.lab.Image("printenv"))
	has(t, "updated", e.inspect(name, "{{json .Config.Env}} {{json .Config.Labels}}"), `"SITE=plant 7"`, `"by":"policy"`)

	e.cli(0, "install", e.name("new"), e.lab.Image("printenv"))
	has(t, "installed", e.inspect(e.name("new"), "{{json .Config.Env}}"), `"SITE=plant 8"`)

	slow := e.run("stubborn", "--stop-timeout", "600", e.lab.Image("stubborn"))
	e.cli(0, "stop", slow)
	e.isRunning(slow, false)
}

// Scripts see how an update went.
func TestAfterUpdate(t *testing.T) {
	e := onDocker(t)
	e.script("10-after.lua", `
edged.after("update", function(ev)
  edged.log("warn", "seen: ok=" .. tostring(ev.ok) .. " result=" .. ev.result .. " outage=" .. tostring(ev.outage_ms > 0)
    .. " duration=" .. tostring(ev.duration_ms >= ev.outage_ms) .. " error=" .. tostring(ev.error))
  if not ev.ok then
    return edged.alarm { type = "UpdateFailed", severity = "minor", text = ev.container.name .. " could not be updated" }
  end
end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	e.cli(0, "update", name, e.lab.Image("printenv"))
	e.journal.wait(t, "seen: ok=true result=committed outage=true duration=true error=nil")

	since := time.Now()
	e.cli(13, "update", name, e.lab.Image("exits"))
	e.journal.wait(t, "seen: ok=false result=rolled-back outage=true duration=true", "exited with code 3")
	e.hears(since, e.topic(name, "a", "UpdateFailed"), `"severity":"minor"`, name+" could not be updated")
	if got := lab.Retained(t, e.lab.MQTTURL, e.topic(name, "a", "UpdateFailed")); got == "" {
		t.Error("the alarm is not retained")
	}
}

// What a script decides about an unhealthy container is done, unless another script objects.
func TestUnhealthyContainerIsRestarted(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.script("10-restart.lua", `
edged.on("health", function(ev)
  if ev.to == "unhealthy" then return edged.restart { reason = "ill since " .. ev.from } end
end)`)
		e.script("20-spare.lua", `
edged.before("recover", function(ev)
  if ev.container.labels["spare"] then return edged.deny("left to the doctor") end
end)`)
		e.start()
		since := time.Now()
		name := e.run("moody", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
		spared := e.run("spared", "--env", "SICK_AFTER=0", "--label", "spare=", e.lab.Image("sickly"))
		e.hears(since, e.topic(name, "status", "health"), `"up"`)
		e.hears(since, e.topic(spared, "status", "health"), `"up"`)
		began, stays := e.inspect(name, "{{.State.StartedAt}}"), e.inspect(spared, "{{.State.StartedAt}}")

		since = time.Now()
		e.engine.Run(e.t, "exec", name, "touch", "/tmp/sick")
		down := e.until(since, name)
		if d := e.decides(since, "on", "health", "allow"); d.Container != name || len(d.Actions) != 1 || d.Actions[0].Op != "restart" {
			e.t.Errorf("record %+v", d)
		}
		e.hears(down, e.topic(name, "status", "health"), `"up"`)
		if e.inspect(name, "{{.State.StartedAt}}") == began {
			e.t.Error("it was not restarted")
		}
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"actor":"10-restart.lua"`, `"outcome":"committed"`, name)

		since = time.Now()
		e.engine.Run(e.t, "exec", spared, "touch", "/tmp/sick")
		if d := e.decides(since, "before", "recover", "deny"); d.Container != spared || d.Reason != "left to the doctor" {
			e.t.Errorf("record %+v", d)
		}
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"outcome":"denied"`, spared)
		if e.inspect(spared, "{{.State.StartedAt}}") != stays {
			e.t.Error("it was restarted though a script denied that")
		}
	})
}

// Other notices reach the scripts, too.
func TestNotices(t *testing.T) {
	e := onDocker(t)
	e.script("10-note.lua", `
edged.on("boot", function(ev) edged.log("noted boot") end)
edged.on("connected", function(ev) edged.log("noted connected") end)
edged.on("exit", function(ev) edged.log("noted exit " .. ev.exit_code .. " of " .. ev.container.name) end)`)
	e.start()
	e.journal.wait(t, "noted boot")
	e.journal.wait(t, "noted connected")
	name := e.run("exits", e.lab.Image("exits"))
	e.journal.wait(t, "noted exit 3 of "+name)
}

// failing are scripts that do not answer as they should, and what is then said of them.
func failing() map[string]struct{ body, says string } {
	return map[string]struct{ body, says string }{
		"error":   {`error("boom")`, "boom"},
		"nil":     {`return ev.container.nothing.at_all`, "at_all"},
		"loop":    {`while true do end`, ""},
		"storage": {`local t = {} while true do t[#t + 1] = string.rep("x", 1000) .. #t end`, ""},
		"bool":    {`return false`, "edged.deny"},
	}
}

// A script that fails holds what would change the device, lets pass what keeps it alive, and leaves a record; edged
// itself goes on.
func TestFailingScript(t *testing.T) {
	for kind, script := range failing() {
		t.Run(kind, func(t *testing.T) {
			e := onDocker(t)
			e.script("10-bad.lua", strings.ReplaceAll(`
edged.before("update", function(ev) BODY end)
edged.before("restart", function(ev) BODY end)
edged.on("exit", function(ev) BODY end)`, "BODY", script.body))
			e.start()
			name := e.run("idle", e.lab.Image("idle"))
			old := e.id(name)

			since := time.Now()
			res, _ := e.ask(11, "update", name, e.lab.Image("printenv"))
			has(t, "the reason", res.Reason, "10-bad.lua:2", script.says)
			if d := e.decides(since, "before", "update", "defer"); !d.Failed || d.Script != "10-bad.lua:2" {
				t.Errorf("record %+v", d)
			}
			e.cli(0, "status")
			if e.id(name) != old {
				t.Error("it was updated all the same")
			}

			since = time.Now()
			e.cli(0, "restart", e.run("other", e.lab.Image("idle")))
			if d := e.decides(since, "before", "restart", "allow"); !d.Failed {
				t.Errorf("record %+v", d)
			}

			since = time.Now()
			e.engine.Run(t, "kill", name)
			if d := e.decides(since, "on", "exit", "allow"); !d.Failed {
				t.Errorf("record %+v", d)
			}
			e.journal.wait(t, "level=WARN", "policy script failed", "10-bad.lua")
			e.cli(0, "ps")
		})
	}
}

// Scripts that can't be loaded hold every change, with an alarm that says where; edged and its reports go on.
func TestScriptThatCannotBeLoaded(t *testing.T) {
	for kind, tt := range map[string]struct{ text, says string }{
		"syntax":       {"-- fine\nedged.before('pull', function(ev)\n  return edged.deny('x'\nend)\n", "10-broken.lua:4"},
		"unknown op":   {"\nedged.before('pul', function(ev) end)\n", "10-broken.lua:2"},
		"unknown name": {"\n\nedged.befor('pull', function(ev) end)\n", "10-broken.lua:3"},
		"loop":         {"while true do end\n", "10-broken.lua:1"},
	} {
		t.Run(kind, func(t *testing.T) {
			e := onDocker(t)
			e.script("10-broken.lua", tt.text)
			e.script("20-fine.lua", "edged.before('stop', function(ev) end)")
			since := time.Now()
			e.start()
			alarm := e.topic("edged", "a", "PolicyBroken")
			e.hears(since, alarm, `"severity":"critical"`, tt.says)
			e.journal.wait(t, "level=ERROR", tt.says)
			has(t, "edged status", e.cli(0, "status").out, tt.says)

			name := e.run("idle", e.lab.Image("idle"))
			res, _ := e.ask(11, "update", name, e.lab.Image("printenv"))
			has(t, "the reason", res.Reason, tt.says)
			e.cli(0, "stop", e.run("other", e.lab.Image("idle")))
			e.hears(since, e.topic(name, "status", "health"), `"up"`)

			e.stop()
			e.script("10-broken.lua", "edged.before('pull', function(ev) end)\n")
			since = time.Now()
			e.start()
			e.hearsCleared(since, alarm)
			if got := lab.Retained(t, e.lab.MQTTURL, alarm); got != "" {
				t.Errorf("the alarm stays: %s", got)
			}
			e.cli(0, "update", name, e.lab.Image("printenv"))
		})
	}
}
