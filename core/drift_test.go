package core

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/update"
	"edged/engine"
	"edged/hooks"
)

// drifted counts the notices of drift.
func (r *rig) drifted() (n int) {
	r.scripts.mu.Lock()
	defer r.scripts.mu.Unlock()
	for _, ev := range r.scripts.asked {
		if ev.Op == string(hooks.NoticeDrift) {
			n++
		}
	}
	return n
}

// becomes changes the container web and has the daemon look at it.
func (r *rig) becomes(change func(s *engine.State)) {
	r.Helper()
	r.eng.mu.Lock()
	change(r.eng.containers["web"])
	id := r.eng.containers["web"].ID
	r.eng.mu.Unlock()
	r.send(engine.Event{Kind: engine.KindContainer, ID: id, Name: "web", Action: engine.ActionUpdate})
	<-time.After(3 * driftSettle)
	synctest.Wait()
}

// Scripts are told once of each way in which a container differs from what edged has made of it.
func TestDrift(t *testing.T) {
	made := func(e *fakeEngine) {
		e.containers["web"].ImageID, e.containers["web"].Labels = "id-app:1", map[string]string{update.LabelUpdate: "u1"}
		e.containers["db"] = &engine.State{ID: "id-db", Name: "db", Image: "db:1", Status: "running", Running: true}
	}
	synctest.Test(t, func(t *testing.T) {
		dir, listen := t.TempDir(), answers{"on drift": always()}
		workingIn(t, dir, listen, made, func(r *rig) {
			r.becomes(func(*engine.State) {})
			if r.drifted() != 0 {
				t.Error("what edged has made has drifted")
			}
			r.becomes(func(s *engine.State) { s.Settings.Memory = 7 })
			r.becomes(func(*engine.State) {})
			ev := r.scripts.event(t, hooks.On, "drift")
			if r.drifted() != 1 || !slices.Equal(ev.Changes, []string{"memory"}) || ev.Current.Memory != 7 || ev.Desired.Memory != 0 || ev.Container.Name != "web" {
				t.Errorf("told %d times, %+v", r.drifted(), ev)
			}
			r.becomes(func(s *engine.State) { s.Settings.Memory = 0 })
			r.becomes(func(s *engine.State) { s.Settings.Memory = 7 })
			if r.drifted() != 2 {
				t.Errorf("told %d times of what has come again", r.drifted())
			}
			r.becomes(func(s *engine.State) { s.Labels = map[string]string{update.LabelUpdate: "u2"} })
			if r.drifted() != 2 {
				t.Error("another update of edged's is a drift")
			}
		})
		// Somebody has made it anew while edged was away, of another image.
		workingIn(t, dir, listen, func(e *fakeEngine) {
			made(e)
			e.containers["web"].ID, e.containers["web"].ImageID, e.containers["web"].Labels = "id-new", "id-other", nil
			e.containers["web"].Settings.Memory = 7
		}, func(r *rig) {
			<-time.After(3 * driftSettle)
			synctest.Wait()
			ev := r.scripts.event(t, hooks.On, "drift")
			if r.drifted() != 1 || !slices.Equal(ev.Changes, []string{"image"}) || ev.Desired.Size != 7e6 {
				t.Errorf("told %d times, %+v", r.drifted(), ev)
			}
		})
	})
}

// Nobody looks for what no script wants to know.
func TestNoDrift(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		r.becomes(func(s *engine.State) { s.Settings.Memory = 7 })
		if len(r.drifts.take()) != 0 || len(r.images.load().Made) != 0 {
			t.Error("it was looked for")
		}
	})
}
