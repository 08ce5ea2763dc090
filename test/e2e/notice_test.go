package e2e

import (
	"testing"
	"time"

	"edged/test/lab"
)

// Scripts see how an update went.
func TestAfterUpdate(t *testing.T) {
	e := onDocker(t)
	e.script("10-after.lua", `
edged.after("update", function(ev)
  edged.log("warn", "seen: ok=" .. tostring(ev.ok) .. " result=" .. ev.result.outcome .. " outage=" .. tostring(ev.result.outage_ms > 0)
    .. " duration=" .. tostring(ev.result.duration_ms >= ev.result.outage_ms) .. " error=" .. tostring(ev.error))
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
	broker := e.ownBroker(lab.MosquittoOptions{})
	e.script("10-note.lua", `
for _, notice in ipairs { "boot", "connected", "disconnected", "shutdown" } do
  edged.on(notice, function(ev) edged.log("noted " .. ev.op) end)
end
for _, notice in ipairs { "exit", "oom" } do
  edged.on(notice, function(ev) edged.log("noted " .. ev.op .. " " .. ev.exit_code .. " of " .. ev.container.name .. " oom=" .. tostring(ev.oom)) end)
end`)
	e.start()
	e.journal.wait(t, "noted boot")
	e.journal.wait(t, "noted connected")
	name := e.run("exits", e.lab.Image("exits"))
	e.journal.wait(t, "noted exit 3 of "+name+" oom=false")
	greedy := e.run("greedy", "--memory", "8m", "--memory-swap", "8m", e.lab.Image("idle"), "sh", "-c", "exec tail /dev/zero")
	e.journal.wait(t, "noted oom ", " of "+greedy)
	e.journal.wait(t, "noted exit 137 of "+greedy+" oom=true")
	broker.Kill()
	e.journal.wait(t, "noted disconnected")
	e.stop()
	e.journal.wait(t, "noted shutdown")
}
