package watch

import (
	"maps"
	"slices"

	"edged/engine"
)

// table is what the watcher knows, and what of it has not been told yet. It is
// plain data: only the watcher's loop touches it.
type table struct {
	known     map[string]*entry
	stale     map[string]bool // containers whose details must be listed
	touched   map[string]bool // containers that events spoke of since the listing under way was asked for
	destroyed map[string]bool // of those, the ones that exist no more
}

type entry struct {
	now     Container
	told    Container
	check   check
	exits   int
	gone    bool
	pending bool
}

// check says whether a container has a healthcheck.
type check int

const (
	checkUnknown check = iota
	checkAbsent
	checkPresent
)

// checkOf is what a listed container says of its healthcheck.
func checkOf(c Container, before check) check {
	switch {
	case c.Health != "":
		return checkPresent
	case c.State == stateRunning:
		return checkAbsent
	default:
		return before
	}
}

func newTable() *table {
	return &table{
		known:     map[string]*entry{},
		stale:     map[string]bool{},
		touched:   map[string]bool{},
		destroyed: map[string]bool{},
	}
}

// event folds one container event in.
func (t *table) event(ev engine.Event) {
	t.touched[ev.ID] = true
	if ev.Action == engine.ActionDestroy {
		t.destroyed[ev.ID] = true
		delete(t.stale, ev.ID)
	} else if t.known[ev.ID] == nil {
		t.stale[ev.ID] = true
	}
	if e := t.known[ev.ID]; e != nil {
		t.fold(e, ev)
	}
}

// fold changes what is known of a container by what the engine says happened.
func (t *table) fold(e *entry, ev engine.Event) {
	c := &e.now
	switch ev.Action {
	case engine.ActionStart:
		c.State, c.OOM = stateRunning, false
		c.Health = healthAtStart(e.check)
	case engine.ActionDie:
		c.State, c.ExitCode = stateExited, ev.ExitCode
		e.exits++
	case engine.ActionOOM:
		c.OOM = true
	case engine.ActionHealth:
		c.Health = ev.Health
	case engine.ActionPause:
		c.State = statePaused
	case engine.ActionUnpause:
		c.State = stateRunning
	case engine.ActionRename:
		c.Name = ev.Name
	case engine.ActionDestroy:
		e.gone = true
	default:
		return
	}
	e.pending = true
	if !e.gone {
		t.stale[ev.ID] = true
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

// asked is called when a listing is asked for: what happens from now on is newer
// than what the listing will say. It returns the ids to list, nil for all.
func (t *table) asked(all bool) []string {
	ids := slices.Sorted(maps.Keys(t.stale))
	clear(t.stale)
	clear(t.touched)
	clear(t.destroyed)
	if all {
		return nil
	}
	return ids
}

// listed folds a listing in. Of a container that an event has touched meanwhile
// only the details are taken, and asked for again; ids are the containers that
// were asked for, nil for all.
func (t *table) listed(ids []string, found []engine.TedgeContainer) {
	seen := make(map[string]bool, len(found))
	for _, f := range found {
		seen[f.Container.Id] = true
		t.found(observed(f))
	}
	if ids == nil {
		ids = slices.Collect(maps.Keys(t.known))
	}
	for _, id := range ids {
		if e := t.known[id]; e != nil && !seen[id] && !t.touched[id] {
			e.gone, e.pending = true, true
		}
	}
}

func (t *table) found(c Container) {
	e := t.known[c.ID]
	switch {
	case t.destroyed[c.ID]:
		return
	case e == nil:
		t.known[c.ID] = &entry{now: c, check: checkOf(c, checkUnknown), pending: true}
		return
	case t.touched[c.ID]:
		e.now.Detail = c.Detail
		t.stale[c.ID] = true
		return
	}
	if c.State == stateExited && e.now.State == stateExited {
		c.OOM, c.ExitCode = e.now.OOM, e.now.ExitCode
	}
	e.check = checkOf(c, e.check)
	e.now, e.pending = c, true
}

// changes returns what can be told, and forgets that it is untold. A container
// that has just started for the first time is held back until its details say
// whether it has a healthcheck: "up" would be too early a word.
func (t *table) changes() []Change {
	var out []Change
	for id, e := range t.known {
		if !e.ready() {
			continue
		}
		out = append(out, Change{Container: e.now, Before: e.told, Exits: e.exits, Gone: e.gone})
		e.told, e.exits, e.pending = e.now, 0, false
		if e.gone {
			delete(t.known, id)
		}
	}
	return out
}

// waiting reports whether changes would return anything.
func (t *table) waiting() bool {
	for _, e := range t.known {
		if e.ready() {
			return true
		}
	}
	return false
}

func (e *entry) ready() bool { return e.pending && (e.gone || e.now.Health != healthUnknown) }
