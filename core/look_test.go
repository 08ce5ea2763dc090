package core

import (
	"testing"
	"testing/synctest"
	"time"

	"edged/engine"
)

// What runs since before edged does has its start asked for once; of what starts later the engine has told.
func TestObservedStarts(t *testing.T) {
	before := time.Date(2026, 1, 7, 11, 0, 0, 0, time.UTC)
	prepare := func(e *fakeEngine) { e.containers["web"].StartedAt = before }
	working(t, nil, prepare, func(r *rig) {
		for range 2 {
			if c := r.Observed()[0]; !c.Started.Equal(before) || c.Restarts != nil {
				r.Errorf("observed %+v", c)
			}
		}
		r.eng.mu.Lock()
		r.eng.containers["web"].StartedAt = time.Time{}
		r.eng.mu.Unlock()
		if c := r.Observed()[0]; !c.Started.Equal(before) {
			r.Errorf("it was asked for again: %+v", c)
		}
		later := before.Add(time.Hour)
		r.send(engine.Event{Kind: engine.KindContainer, ID: "id-web", Name: "web", Action: engine.ActionDie})
		r.send(engine.Event{Kind: engine.KindContainer, ID: "id-web", Name: "web", Action: engine.ActionStart, Time: later})
		<-time.After(time.Second)
		synctest.Wait()
		if c := r.Observed()[0]; !c.Started.Equal(later) {
			r.Errorf("observed %+v", c)
		}
	})
}
