package e2e

import (
	"testing"
	"time"

	"edged/core/request"
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
		e.journal.wait(t, "msg=policy", "op="+tt.op, "verdict=deny")
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
  if ev.attempt < 2 then return edged.defer("3s", "not yet, " .. ev.attempt) end
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
	if gap := e.until(since, name).Sub(res.Started); gap < 6*time.Second {
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
