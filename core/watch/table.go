package watch

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"edged/engine"
)

// table is what the watcher knows, and what of it has not been told yet. It is
// plain data: only the watcher's loop touches it.
type table struct {
	known     map[string]*entry
	stale     map[string]bool // containers whose details must be listed
	touched   map[string]bool // containers that events spoke of since the listing under way was asked for
	destroyed map[string]bool // of those, the ones that exist no more
	doubted   map[string]bool // containers whose listing contradicted a fresh event
}

// The engine tells of an end before its own listing shows it, on a busy device
// long before. A listing that contradicts a fresh event is not believed, and made
// again after a while, until it agrees or the event is no longer fresh.
const (
	fresh   = 5 * time.Second
	recheck = 250 * time.Millisecond
)

type entry struct {
	now     Container
	at      time.Time // of the newest event, by our clock
	told    Container
	check   check
	listed  bool // its details are known; before, there is nothing to tell
	oom     bool // it ran out of memory since it started
	ended   bool // a listing has shown an end that no event told of yet
	exits   int
	ooms    int
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
		doubted:   map[string]bool{},
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

// listed folds a listing in; ids are the containers that were asked for, nil for
// all. A container that an event has touched meanwhile is asked for again.
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
		if !seen[id] {
			t.missing(id)
		}
	}
}

func (t *table) found(c Container) {
	e := t.known[c.ID]
	switch {
	case t.destroyed[c.ID]:
		return
	case t.touched[c.ID]:
		e.detail(c)
		t.stale[c.ID] = true
		return
	case e == nil:
		e = &entry{now: c}
		t.known[c.ID] = e
	case e.contradicted(c):
		e.detail(c)
		t.doubted[c.ID] = true
		return
	case e.listed && e.now.Running() && c.ended():
		e.exits++
		e.ended, c.OOM = true, e.oom
	case e.listed || e.exits > 0:
		c.ExitCode, c.OOM = e.now.ExitCode, e.now.OOM
	}
	c.Started = e.now.Started // no listing tells
	e.check = checkOf(c, e.check)
	e.now, e.listed, e.pending = c, true, true
}

// detail takes of a listing what no event tells; what events have told since stands.
// So a container is known by its first listing, though it crashes faster than a busy
// engine lists it, and no listing is ever newer than its last event.
func (e *entry) detail(c Container) {
	e.now.Detail, e.check, e.pending = c.Detail, checkOf(c, e.check), true
	if e.listed {
		return
	}
	e.listed = true
	switch {
	case e.now.State == "":
		e.now.State, e.now.Health = c.State, c.Health
	case e.now.Health == healthUnknown:
		e.now.Health = healthAtStart(e.check)
	}
}

// lost is called when events may be missed from now on: what runs then may have been
// started anew.
func (t *table) lost() {
	for _, e := range t.known {
		e.now.Started = time.Time{}
	}
}

// contradicted reports whether a listing says of the container that it runs when
// an event has just said that it does not, or the other way round, or gives it a
// name that it has just lost.
func (e *entry) contradicted(c Container) bool {
	if time.Since(e.at) >= fresh {
		return false
	}
	return e.now.State != "" && e.now.Running() != c.Running() || e.now.Name != c.Name
}

// settled asks for the doubted containers again.
func (t *table) settled() {
	maps.Copy(t.stale, t.doubted)
	clear(t.doubted)
}

// missing is called for a container that a listing should have shown.
func (t *table) missing(id string) {
	e := t.known[id]
	switch {
	case e == nil:
	case t.touched[id]:
		if !e.gone {
			t.stale[id] = true
		}
	case !e.listed:
		delete(t.known, id)
	default:
		e.gone, e.pending = true, true
	}
}

// changes returns what can be told, and forgets that it is untold. A container
// that has just started for the first time is held back until its details say
// whether it has a healthcheck: "up" would be too early a word. What is gone
// comes last, and waits for who takes its place, which is then known before.
func (t *table) changes() []Change {
	var out []Change
	for id, e := range t.known {
		if !e.ready() || e.gone && t.succeeded(e) {
			continue
		}
		out = append(out, Change{Container: e.now, Before: e.told, Exits: e.exits, OOMs: e.ooms, Gone: e.gone})
		e.told, e.exits, e.ooms, e.pending = e.now, 0, 0, false
		if e.gone {
			delete(t.known, id)
		}
	}
	sort.Slice(out, func(i, j int) bool { return inOrder(out[i], out[j]) < 0 })
	return out
}

func inOrder(a, b Change) int {
	switch {
	case a.Gone && !b.Gone:
		return 1
	case b.Gone && !a.Gone:
		return -1
	default:
		return cmp.Or(cmp.Compare(a.Container.Name, b.Container.Name), cmp.Compare(a.Container.ID, b.Container.ID))
	}
}

// waiting reports whether changes would return anything.
func (t *table) waiting() bool {
	for _, e := range t.known {
		if e.ready() && !(e.gone && t.succeeded(e)) {
			return true
		}
	}
	return false
}

// succeeded reports whether one that is held back has taken the place of e. Who
// replaces a container, be it edged or compose, sets the old one aside under a
// name that has the name in it.
func (t *table) succeeded(e *entry) bool {
	for _, other := range t.known {
		if other.held() && other.now.Name != "" && strings.Contains(e.now.Name, other.now.Name) {
			return true
		}
	}
	return false
}

// held reports whether there is something to tell as soon as a listing has come.
func (e *entry) held() bool {
	return !e.gone && (!e.listed || e.pending && !e.ready())
}

func (e *entry) ready() bool {
	return e.pending && e.listed && (e.gone || e.now.Health != healthUnknown)
}
