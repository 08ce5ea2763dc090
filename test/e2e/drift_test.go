package e2e

import (
	"testing"
	"time"
)

// A container that somebody else makes anew is no longer what edged has made of it; a script hears so, also of what
// happened while edged was away, and has it put right.
func TestDrift(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.script("10-drift.lua", `
edged.on("drift", function(ev)
  edged.log("warn", ("%s drifted: %s, from %s %s to %s %s"):format(ev.container.name, table.concat(ev.changes, " "),
    ev.desired.ref, tostring(ev.desired.env.PLANT), ev.current.ref, tostring(ev.current.env.PLANT)))
  return edged.update { image = ev.desired.ref, force = true, reason = "drifted" }
end)`)
		e.start()
		name := e.name("web")
		replace := func() {
			e.engine.Run(e.t, "rm", "--force", name)
			e.run("web", "--env", "PLANT=8", e.lab.Image("printenv"))
		}
		e.cli(0, "install", name, e.lab.Image("idle"), "--env", "PLANT=7")
		eventually(e.t, "edged to note what it has made", func() bool { return e.wrote("images.json", `"made":{"`+name) })
		since := time.Now()
		replace()
		e.journal.wait(e.t, name+" drifted: image env", "from "+e.lab.Image("idle")+" 7 to "+e.lab.Image("printenv")+" 8")
		finished := e.topic("edged", "e", "operation_finished")
		e.hears(since, finished, `"op":"update"`, `"actor":"10-drift.lua"`, `"outcome":"committed"`, name)
		e.isMadeFrom(name, "idle")

		eventually(e.t, "edged to note what it has made", func() bool {
			return e.wrote("images.json", `"update":"`+e.inspect(name, `{{index .Config.Labels "io.edged.update"}}`)+`"`)
		})
		e.stop()
		replace()
		since = time.Now()
		e.start()
		e.hears(since, finished, `"op":"update"`, `"actor":"10-drift.lua"`, `"outcome":"committed"`, name)
		e.isMadeFrom(name, "idle")
	})
}
