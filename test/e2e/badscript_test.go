package e2e

import (
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

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
			e.cli(0, "cancel", res.ID) // or it would be done when the scripts are mended
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
