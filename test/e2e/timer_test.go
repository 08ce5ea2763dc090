package e2e

import (
	"regexp"
	"testing"
	"time"
)

// The timers of scripts come when they should, and what they want is done. After a reload the others count.
func TestTimers(t *testing.T) {
	everywhere(t, func(e *edged) {
		name := e.run("idle", e.lab.Image("idle"))
		e.script("10-timers.lua", `
edged.every("1s", function(ev)
  local n, state = edged.kv.incr("beats"), edged.containers.get("`+name+`").state
  edged.log("warn", "beat " .. n .. " of " .. ev.timer)
  if n == 1 then return edged.stop { container = "`+name+`", reason = "its time" } end
  if state == "exited" then return edged.start { container = "`+name+`" } end
end)
edged.cron("* * * * *", "UTC", function(ev) edged.log("warn", "minute " .. edged.time.format(ev.ts)) end)`)
		since := time.Now()
		e.start()
		e.journal.wait(e.t, "beat 3 of 10-timers.lua#1")
		for _, op := range []string{"stop", "start"} {
			e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"`+op+`"`, `"actor":"10-timers.lua"`, `"outcome":"committed"`, name)
		}
		e.isRunning(name, true)
		if d := e.decides(since, "on", "timer", "allow"); len(d.Actions) != 1 || d.Actions[0].Op != "stop" {
			e.t.Errorf("record %+v", d)
		}
		e.journal.wait(e.t, "minute 2")
		stamp := regexp.MustCompile(`minute (\S+Z)`).FindStringSubmatch(e.journal.String())
		if at, err := time.Parse(time.RFC3339, stamp[1]); err != nil || at.Second() > 20 || at.Before(since.Truncate(time.Second)) {
			e.t.Errorf("a minute began at %s: %v", stamp[1], err)
		}

		e.script("10-timers.lua", `edged.every("2s", function(ev) edged.log("warn", "other beat") end)`)
		e.cli(0, "policy", "reload")
		e.journal.wait(e.t, "other beat")
	})
}
