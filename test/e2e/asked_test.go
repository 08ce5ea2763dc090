package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// A message on a topic that scripts listen to has a declared command run; scripts are asked about it, and hear of its
// end. It is one at a time, and neither outlives its time nor edged.
func TestMessageRunsACommand(t *testing.T) {
	e := onDocker(t)
	program := e.path("try")
	text := "echo \"got $EDGED_ARG_WHAT\"; [ \"$EDGED_ARG_WHAT\" = hang ] || exit 3\nsleep 600 & echo $! >" + program + ".pid; wait\n"
	if err := os.WriteFile(program, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e.settings["policy.commands"] = []string{"try=/bin/sh " + program}
	e.settings["policy.grants"] = []string{"* action:try"}
	e.settings["policy.command_timeout"] = "20s"
	topic := e.prefix + "-app/lock"
	e.script("10-try.lua", `
edged.needs { "action:try" }
edged.on("mqtt:`+e.prefix+`-app/+", function(ev) edged.action("try", { what = ev.payload }) end)
edged.before("command", function(ev)
  if ev.command.args.what == "bad" then return edged.deny("not that") end
end)
edged.after("command", function(ev) edged.log("warn", "ended " .. ev.result.exit_code .. " " .. ev.result.output) end)`)
	lab.Publish(t, e.lab.MQTTURL, topic, "kept", true)
	t.Cleanup(func() { lab.Publish(t, e.lab.MQTTURL, topic, "", true) })
	since := time.Now()
	e.start()
	finished := e.topic("edged", "e", "operation_finished")
	e.hears(since, finished, `"command":"try"`, `"outcome":"failed"`, `"exitCode":3`, `got kept`, `"actor":"10-try.lua"`)
	e.journal.wait(t, "ended 3 got kept")

	lab.Publish(t, e.lab.MQTTURL, topic, "bad", false)
	e.hears(since, finished, `"command":"try"`, `"outcome":"denied"`, "not that")
	lab.Publish(t, e.lab.MQTTURL, topic, "hang", false)
	child := ""
	eventually(t, "the command to run", func() bool {
		pid, _ := os.ReadFile(program + ".pid")
		child = strings.TrimSpace(string(pid))
		return child != ""
	})
	if running := e.status().Requests; len(running) != 1 || running[0].Command != "try" {
		t.Errorf("under way: %+v", running)
	}
	lab.Publish(t, e.lab.MQTTURL, topic, "other", false)
	e.hears(since, finished, `"outcome":"conflict"`, "command try is busy")

	e.stop()
	e.hears(since, finished, `"outcome":"failed"`, "it was killed, as edged ends")
	eventually(t, "all of the command to end", func() bool {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

// A reload changes what scripts hear.
func TestMessagesAfterReload(t *testing.T) {
	e := onDocker(t)
	listen := func(name string) {
		e.script("10-listen.lua", `edged.on("mqtt:`+e.prefix+`-`+name+`/#", function(ev) edged.log("warn", "heard " .. ev.topic .. " " .. ev.payload) end)`)
	}
	listen("before")
	e.start()
	publish := func(topic, payload string) { // retained: the subscription may be under way
		lab.Publish(t, e.lab.MQTTURL, topic, payload, true)
		t.Cleanup(func() { lab.Publish(t, e.lab.MQTTURL, topic, "", true) })
	}
	publish(e.prefix+"-before/x", "1")
	e.journal.wait(t, "heard "+e.prefix+"-before/x 1")
	listen("after")
	e.cli(0, "policy", "reload")
	publish(e.prefix+"-after/x/y", "2")
	e.journal.wait(t, "heard "+e.prefix+"-after/x/y 2")
}

// A container goes back to the image that it had, also when its tag means another one by now: asked for by a person
// or by a script, and after a restart of edged.
func TestRollbackOfAnUpdate(t *testing.T) {
	e := onDocker(t)
	e.settings["update.stable_for"] = "200ms"
	e.script("10-back.lua", `
edged.on("mqtt:`+e.prefix+`-app/back", function(ev) return edged.rollback { container = ev.payload, reason = "told to" } end)
edged.before("rollback", function(ev) edged.log("warn", "back from " .. ev.current.ref .. " to " .. ev.desired.repository) end)`)
	image := e.push("moving", "one")
	name := e.run("moving", image)
	first := e.inspect(name, "{{.Image}}")
	e.start()
	res, _ := e.ask(12, "rollback", name)
	has(t, "the reason", res.Reason, "no image before "+image+" is known")

	e.push("moving", "two")
	e.cli(0, "update", name)
	second := e.inspect(name, "{{.Image}}")
	if second == first {
		t.Fatal("the update changed nothing")
	}
	has(t, "what is said", e.cli(0, "rollback", name).out, "put back from "+image+" to ")
	if got := e.inspect(name, "{{.Image}}"); got != first {
		t.Errorf("it is of %s, not of %s", got, first)
	}
	e.isRunning(name, true)
	e.existOnly(name)
	e.journal.wait(t, "back from "+image)
	e.cli(12, "rollback", name) // there is nothing before

	e.stop() // what was before outlives edged
	e.start()
	since := time.Now()
	e.cli(0, "update", name, image)
	lab.Publish(t, e.lab.MQTTURL, e.prefix+"-app/back", name, false)
	e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"rollback"`, `"outcome":"committed"`, `"actor":"10-back.lua"`)
	if got := e.inspect(name, "{{.Image}}"); got != first {
		t.Errorf("it is of %s, not of %s", got, first)
	}
}

// A script has images removed: only what edged has fetched, and nothing that is needed or that somebody else has named.
func TestPrune(t *testing.T) {
	everywhere(t, prunes)
}

func prunes(e *edged) {
	t := e.t
	e.settings["update.stable_for"] = "200ms"
	e.script("10-prune.lua", `edged.on("mqtt:`+e.prefix+`-app/prune", function() return edged.prune() end)`)
	one, two, three := e.push("one", "prune 1"), e.push("two", "prune 2"), e.push("three", "prune 3")
	foreign, idle, named := e.push("foreign", "prune 4"), e.push("idle", "prune 5"), e.push("named", "prune 6")
	e.engine.Run(t, "pull", foreign)
	e.start()
	e.cli(0, "install", e.name("web"), one)
	e.cli(0, "update", e.name("web"), two)
	e.cli(0, "update", e.name("web"), three)
	for _, image := range []string{foreign, idle, named} {
		e.cli(0, "pull", image)
	}
	e.engine.Run(t, "tag", named, "elsewhere.example/mine:1")
	t.Cleanup(func() { _, _ = e.engine.Try(context.Background(), "rmi", "elsewhere.example/mine:1") })
	e.stop() // what edged has fetched outlives it
	e.start()

	since := time.Now()
	lab.Publish(t, e.lab.MQTTURL, e.prefix+"-app/prune", "now", true)
	t.Cleanup(func() { lab.Publish(t, e.lab.MQTTURL, e.prefix+"-app/prune", "", true) })
	m := e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"prune"`, `"outcome":"committed"`, idle, `"freedBytes":`)
	for image, stays := range map[string]bool{one: true, two: true, three: true, foreign: true, idle: false, named: true} {
		if _, err := e.engine.Try(t.Context(), "image", "inspect", image); (err == nil) != stays {
			t.Errorf("%s: %v after %s", image, err, m.Payload)
		}
	}
	has(t, "once more", e.cli(0, "prune").out, "nothing to do")
}
