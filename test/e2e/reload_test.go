package e2e

import (
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"time"

	"edged/core/api"
	"edged/hooks"
	"edged/test/lab"
)

// policy is what edged says of the scripts in force.
func (e *edged) policy() (p api.Policy) {
	e.t.Helper()
	if err := json.Unmarshal([]byte(e.cli(0, "policy", "list", "--output", "json").out), &p); err != nil {
		e.t.Fatal(err)
	}
	return p
}

// Scripts are changed while edged runs: by command and by signal, all or none. What can't be loaded is told with file,
// line and message, and the old ones stay; also over a restart.
func TestReload(t *testing.T) {
	e := onDocker(t)
	e.script("10-stop.lua", `edged.before("stop", function(ev) return edged.deny("first") end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	first := e.policy().Revision
	has(t, "the first", e.cli(10, "stop", name).out, "first")

	since := time.Now()
	e.script("10-stop.lua", `edged.before("stop", function(ev) return edged.allow() end)`)
	e.script("20-bad.lua", "\nedged.before('pul', function(ev) end)\n")
	has(t, "the refusal", e.cli(1, "policy", "reload").err, "20-bad.lua:2", "did you mean 'pull'?")
	e.hears(since, e.topic("edged", "a", "PolicyRejected"), `"severity":"major"`, "20-bad.lua:2", first)
	e.hears(since, e.topic("edged", "twin", "policy"), `"revision":"`+first+`"`, `"line":2`, `"file":"20-bad.lua"`)
	if got := lab.Retained(t, e.lab.MQTTURL, e.topic("edged", "twin", "policy")); got == "" {
		t.Error("which scripts are in force is not retained")
	}
	has(t, "still the first", e.cli(10, "stop", name).out, "first")

	e.kill()
	e.start()
	if p := e.policy(); p.Revision != first || p.From != "last good" || p.Rejected == nil {
		t.Errorf("after a restart: %+v", p)
	}
	has(t, "the first after a restart", e.cli(10, "stop", name).out, "first")

	if err := os.Remove(e.path("policy.d/20-bad.lua")); err != nil {
		t.Fatal(err)
	}
	since = time.Now()
	if err := e.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	e.hearsCleared(since, e.topic("edged", "a", "PolicyRejected"))
	e.cli(0, "stop", name)
	e.isRunning(name, false)
}

// What a script would have done in audit mode is recorded, and not done.
func TestAudit(t *testing.T) {
	e := onDocker(t)
	e.settings["policy.audit"] = []string{"10-stop.lua"}
	e.script("10-stop.lua", `edged.before("stop", function(ev) return edged.deny("not in earnest") end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	since := time.Now()
	e.cli(0, "stop", name)
	e.hears(since, e.topic("edged", "e", "policy_decision"), `"verdict":"allow"`, `"audit":[{"script":"10-stop.lua:1","verdict":"deny","reason":"not in earnest"}]`)
	e.isRunning(name, false)
}

// A script that fails five times in a row is not run any more, holds what it would have decided, and says so in an
// alarm until it changes.
func TestScriptIsSetAside(t *testing.T) {
	e := onDocker(t)
	e.script("10-bad.lua", `
edged.before("start", function(ev) error("boom") end)
edged.before("remove", function(ev) return edged.allow() end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	since := time.Now()
	for range 5 {
		e.cli(0, "start", name)
	}
	alarm := e.topic("edged", "a", "PolicyScriptSetAside")
	e.hears(since, alarm, "10-bad.lua", "boom")
	if p := e.policy(); len(p.Scripts) != 1 || p.Scripts[0].Aside == "" {
		t.Errorf("policy %+v", p)
	}
	res, _ := e.ask(11, "remove", name)
	has(t, "the reason", res.Reason, "10-bad.lua:3", "set aside")
	e.cli(0, "cancel", res.ID)

	e.kill()
	e.start()
	if p := e.policy(); p.Scripts[0].Aside == "" {
		t.Errorf("forgotten with a restart: %+v", p)
	}
	e.script("10-bad.lua", `edged.before("remove", function(ev) return edged.allow("mended") end)`)
	since = time.Now()
	e.cli(0, "policy", "reload")
	e.hearsCleared(since, alarm)
	e.cli(0, "remove", name)
}

// An operator lets a person's request through, with a reason in the records, and wakes what is put off.
func TestOverrideAndWake(t *testing.T) {
	e := onDocker(t)
	e.script("10-night.lua", `
edged.before("stop", function(ev) return edged.defer("1h", "asked " .. ev.attempt .. " times before") end)
edged.before("restart", function(ev) return edged.deny("at night only") end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	e.ask(11, "stop", "--id", "s1", name)

	since := time.Now()
	has(t, "woken", e.cli(0, "policy", "wake", "s1").out, "requests 1")
	if d := e.decides(since, "before", "stop", "defer"); d.Reason != "asked 1 times before" {
		t.Errorf("record %+v", d)
	}
	e.cli(3, "policy", "wake", "s2")
	if p := e.policy(); len(p.Deferred) != 1 || p.Deferred[0].ID != "s1" {
		t.Errorf("deferred: %+v", p.Deferred)
	}

	e.cli(10, "restart", name)
	since = time.Now()
	e.cli(0, "policy", "override", name, "--for", "15m", "--reason", "hot fix")
	e.hears(since, e.topic("edged", "e", "operation_finished"), `"id":"s1"`, `"outcome":"committed"`)
	e.cli(0, "restart", name)
	d := e.decides(since, "before", "restart", "allow")
	has(t, "the record", d.Reason, "hot fix", "at night only")

	var list []api.Decision
	if err := json.Unmarshal([]byte(e.cli(0, "policy", "log", "--output", "json").out), &list); err != nil || len(list) == 0 {
		t.Fatalf("decisions %v, %v", list, err)
	}
	last := list[len(list)-1]
	var record hooks.Record
	if err := json.Unmarshal([]byte(e.cli(0, "policy", "log", last.ID).out), &record); err != nil {
		t.Fatal(err)
	}
	if record.Event.Op != "restart" || record.Decision.Override != "hot fix" || record.Decision.Reads == nil || len(record.Scripts) != 1 || record.Revision != e.policy().Revision {
		t.Errorf("record %+v", record)
	}
}

// What scripts keep outlives a kill, and a broken file is set aside.
func TestKV(t *testing.T) {
	e := onDocker(t)
	e.script("10-count.lua", `
edged.before("restart", function(ev)
  local n = edged.kv.incr("restarts")
  return edged.allow("restart " .. n)
end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	restarted := func(want string) {
		t.Helper()
		since := time.Now()
		e.cli(0, "restart", name)
		if d := e.decides(since, "before", "restart", "allow"); d.Reason != want {
			t.Errorf("record %+v, want %s", d, want)
		}
	}
	file := e.path("state/kv/10-count.lua.json")
	restarted("restart 1")
	eventually(t, "it to be written", func() bool {
		_, err := os.Stat(file)
		return err == nil
	})
	e.kill()
	e.start()
	restarted("restart 2")
	e.stop()
	if err := os.WriteFile(file, []byte(`{"restarts`), 0o600); err != nil {
		t.Fatal(err)
	}
	e.start()
	restarted("restart 1")
	e.journal.wait(t, "level=ERROR", file+".broken")
}

// What scripts publish and measure arrives, if the operator grants it; a need that is not granted keeps the scripts
// from being loaded.
func TestGrants(t *testing.T) {
	e := onDocker(t)
	e.settings["policy.grants"] = []string{"10-tell.lua mqtt.publish:" + e.prefix + "/alerts/#"}
	e.script("10-tell.lua", `
edged.needs { "mqtt.publish:`+e.prefix+`/alerts/#" }
edged.after("restart", function(ev)
  edged.mqtt.publish("`+e.prefix+`/alerts/restart", { name = ev.container.name, ok = ev.ok })
  edged.metrics.count("restarts")
end)`)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	since := time.Now()
	e.cli(0, "restart", name)
	e.hears(since, e.prefix+"/alerts/restart", `"name":"`+name+`"`, `"ok":true`)
	e.hears(since, e.topic("edged", "m", "10-tell"), `"restarts":1`)

	e.script("20-more.lua", "\nedged.needs { 'file.read:/etc/shadow' }\n")
	has(t, "the refusal", e.cli(1, "policy", "reload").err, "20-more.lua:2", "file.read:/etc/shadow", "not granted", "policy.grants")
}
