package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"edged/core/request"
)

// A request of a person that is put off outlives a kill, and a clock that begins in 1970: it then waits its whole delay.
func TestDeferralOutlivesKill(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.script("10-defer.lua", `
edged.before("stop", function(ev)
  if ev.attempt == 0 then return edged.defer("3s", "not at once") end
  edged.log("asked again as " .. ev.id .. " of " .. ev.actor .. ", attempt " .. ev.attempt)
end)`)
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		for _, tt := range []struct {
			id    string
			clock func(state string) string
		}{
			{"right", func(state string) string { return state }},
			{"1970", func(state string) string { return strings.Replace(state, `"asked":"20`, `"asked":"30`, 1) }},
		} {
			res, _ := e.ask(11, "stop", "--id", tt.id, name)
			if res.Outcome != request.Deferred || res.ID != tt.id {
				e.t.Fatalf("%s: result %+v", tt.id, res)
			}
			e.kill()
			state, err := os.ReadFile(e.path("state/deferred.json"))
			if err == nil {
				err = os.WriteFile(e.path("state/deferred.json"), []byte(tt.clock(string(state))), 0o600)
			}
			if err != nil {
				e.t.Fatal(err)
			}
			since := time.Now()
			e.start()
			m := e.hears(since, e.topic("edged", "e", "operation_finished"), `"id":"`+tt.id+`"`, `"outcome":"committed"`, `"actor":"cli"`)
			if waited := m.At.Sub(since); tt.id == "1970" && waited < 3*time.Second {
				e.t.Errorf("%s: stopped after %s", tt.id, waited)
			}
			e.journal.wait(e.t, "asked again as "+tt.id+" of cli, attempt 1")
			e.isRunning(name, false)
			e.cli(0, "start", name)
			if _, err := os.Stat(e.path("state/deferred.json")); err == nil {
				e.t.Errorf("%s: what is over is still kept", tt.id)
			}
		}
	})
}

// The image of an update that is put off is pulled meanwhile.
func TestDeferredUpdateIsPulledInAdvance(t *testing.T) {
	e := onDocker(t)
	e.script("10-defer.lua", `edged.before("update", function(ev) return edged.defer("1h", "at night") end)`)
	e.start()
	name, image := e.run("idle", e.lab.Image("idle")), e.push("early", "early")
	if res, _ := e.ask(11, "update", name, image); res.Outcome != request.Deferred {
		t.Fatalf("result %+v", res)
	}
	eventually(t, "the image to be there", func() bool {
		_, err := e.engine.Try(t.Context(), "image", "inspect", image)
		return err == nil
	})
	e.isMadeFrom(name, "idle")
}
