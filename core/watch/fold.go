package watch

import (
	"time"

	"edged/engine"
)

// event folds one container event in. A container that nothing is known of is
// held back until it was listed; how often it ended until then is counted.
func (t *table) event(ev engine.Event) {
	t.touched[ev.ID] = true
	e := t.known[ev.ID]
	switch {
	case ev.Action == engine.ActionDestroy:
		t.destroyed[ev.ID] = true
		delete(t.stale, ev.ID)
		if e == nil || !e.listed {
			delete(t.known, ev.ID)
			return
		}
	case e == nil:
		e = &entry{now: Container{ID: ev.ID, Name: ev.Name}}
		t.known[ev.ID] = e
		t.stale[ev.ID] = true
	}
	t.fold(e, ev)
}

// fold changes what is known of a container by what the engine says happened.
func (t *table) fold(e *entry, ev engine.Event) {
	c := &e.now
	switch ev.Action {
	case engine.ActionStart:
		c.State, c.Health, c.Started = stateRunning, healthAtStart(e.check), ev.Time
		e.oom, e.ended = false, false
	case engine.ActionDie:
		e.die(ev.ExitCode)
	case engine.ActionOOM:
		e.outOfMemory()
	case engine.ActionHealth:
		e.setHealth(ev.Health)
	case engine.ActionPause:
		c.State = statePaused
	case engine.ActionUnpause:
		c.State = stateRunning
		if e.check != checkAbsent {
			c.Health = healthUnknown // the listing of a paused container doesn't show it
		}
	case engine.ActionRename:
		c.Name = ev.Name
	case engine.ActionDestroy:
		e.gone = true
	case engine.ActionUpdate: // of what only an inspection tells
	default:
		return
	}
	e.pending, e.at = true, time.Now()
	if !e.gone {
		t.stale[ev.ID] = true
	}
}

func (e *entry) die(code int) {
	e.now.State, e.now.Health, e.now.ExitCode, e.now.OOM = stateExited, "", code, e.oom
	if !e.ended {
		e.exits++
	}
	e.oom, e.ended = false, false
}

// outOfMemory notes it for the end that follows, or that came before: the engine
// hears of the two in either order.
func (e *entry) outOfMemory() {
	e.ooms++
	if e.now.ended() {
		e.now.OOM = true
		return
	}
	e.oom = true
}

func (e *entry) setHealth(health string) {
	e.now.Health = health
	if health != "" {
		e.check = checkPresent
	}
}

// healthAtStart is a container's health as it starts. The engine's listing shows
// only of a running container whether it has a healthcheck.
func healthAtStart(c check) string {
	switch c {
	case checkPresent:
		return "starting"
	case checkAbsent:
		return ""
	default:
		return healthUnknown
	}
}
