package update

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
)

func TestGateIsWrittenDown(t *testing.T) {
	configured := Gate{time.Minute, 5 * time.Second}
	for _, g := range []Gate{configured, {90 * time.Second, 0}, {0, 1500 * time.Millisecond}} {
		if got := configured.labelled(map[string]string{LabelGate: g.String()}); got != g {
			t.Errorf("%q was read as %+v", g, got)
		}
	}
	for _, text := range []string{"", "soon", "healthy=1m", "healthy=1m stable=", "stable=5s healthy=1m", "healthy=1m stable=5s more"} {
		if got := configured.labelled(map[string]string{LabelGate: text}); got != configured {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestGateAsked(t *testing.T) {
	configured := Gate{time.Minute, 5 * time.Second}
	if got := configured.asked(request.Options{HealthGate: -1}); got != configured {
		t.Errorf("nothing was asked, and the gate is %+v", got)
	}
	asked := request.Options{HealthGate: request.Duration(time.Hour), StableFor: request.Duration(time.Second)}
	if got := configured.asked(asked); got != (Gate{time.Hour, time.Second}) {
		t.Errorf("the gate is %+v", got)
	}
}

// TestRecoveryKeepsTheTerms: an update that was interrupted is judged by the gate that
// it was asked for with, not by the one that is configured.
func TestRecoveryKeepsTheTerms(t *testing.T) {
	for asked, want := range map[time.Duration]request.Outcome{30 * time.Second: request.Committed, 10 * time.Second: request.RolledBack} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(true)
			w.checked, w.life = true, func(w *world, id string) {
				w.soon(id, 20*time.Second, func(s *engine.State) { w.health(s, "healthy") })
			}
			c := &client{world: w}
			c.fault = func(n int) *fault {
				if c.calls[n] == "start new1" {
					return &fault{applied: true, dies: true}
				}
				return nil
			}
			r := wanted
			r.Options.HealthGate = request.Duration(asked)
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.updater().Update(t.Context(), r, noSteps)
			}()
			<-done
			results, _ := (&client{world: w}).recover(t.Context())
			if len(results) != 1 || results[0].Outcome != want {
				t.Errorf("asked for %s: %+v, want %s", asked, results, want)
			}
		})
	}
}

// TestNameIsTakenForAWhile: an engine that was making the new container for an edged
// that was killed shows it later, if at all.
func TestNameIsTakenForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		c.fault = func(n int) *fault {
			if c.calls[n] != "create "+theName+SuffixNext || slices.Contains(c.calls, "remove late") {
				return nil
			}
			c.mu.Lock()
			c.containers["late"] = &engine.State{ID: "late", Name: theName + SuffixNext, Status: "created", Labels: map[string]string{LabelReplaces: "old", LabelUpdate: "r0"}}
			c.mu.Unlock()
			return &fault{err: engine.ErrConflict}
		}
		res, _ := c.update(t.Context())
		c.whole(t, true, res.Outcome)
		if res.Outcome != request.Committed {
			t.Errorf("%+v", res)
		}
	})
}
