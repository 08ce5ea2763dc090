package report

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	files "edged/core/state"
)

// keepFinished is how many finished commands are remembered for the case that
// the broker loses its retained messages. Their requesters clear them at leisure.
const keepFinished = 64

// Outbox holds what is to be told until it was told. Any number of goroutines
// may Put; one takes by [Outbox.Next].
type Outbox struct {
	ready chan struct{}

	mu       sync.Mutex
	states   map[string]*state
	lanes    [lanes]lane
	backlog  backlog
	paces    map[string]pace
	finished []string        // keys of finished commands, oldest first
	lost     int             // all records that found no room, ever
	gone     map[string]bool // services that were removed, see rehome

	// What [Outbox.Keep] sets; without it, everything is in memory only.
	limits   Limits
	store    *store     // file of what waits; used by Run alone but for reading
	commands files.File // results of the last commands
	stir     chan struct{}
	onDisk   bool      // there is a file
	wrote    time.Time // when it was written last
	unsaved  time.Time // since when commands differs from the file; zero: it does not
}

// state is the newest word about one thing.
type state struct {
	record   Record
	removed  bool      // the record holds no more and is to be taken back
	version  uint64    // grows with every change
	waiting  bool      // it is in a lane
	progress time.Time // when a command's progress was last let through

	since     time.Time // when it changed
	confirmed uint64    // version that has arrived
	stored    uint64    // version in the file
	savedTold bool      // among the results of commands it stands as told
	old       bool      // the result of a command of an earlier run, which was told then
}

// Delivery is a record on its way. Its zero value holds nothing.
type Delivery struct {
	Record  Record
	Removed bool // the state that Record describes is to be taken back

	state   *state
	version uint64
	item    *item
}

// NewOutbox returns an empty outbox; limits bound what happens once, not the states.
func NewOutbox(limits Limits) *Outbox {
	limits = limits.orDefaults()
	return &Outbox{
		limits:  limits,
		stir:    make(chan struct{}, 1),
		ready:   make(chan struct{}, 1),
		states:  make(map[string]*state),
		paces:   make(map[string]pace),
		gone:    make(map[string]bool),
		backlog: backlog{limits: limits.atMost(inMemory)},
	}
}

// Put takes r and returns at once. A state takes the place of the one before.
func (o *Outbox) Put(r Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r := r.(type) {
	case Service:
		delete(o.gone, r.Name)
	case Gone:
		o.removeStatesOf(r.Service)
		o.remember(r.Service)
	case Command:
		if !o.worthTelling(r) {
			return
		}
		r.Time = time.Now()
		o.put(r)
		return
	}
	o.put(r)
}

func (o *Outbox) put(r Record) {
	if key := r.Key(); key != "" {
		a, alarm := r.(Alarm)
		o.set(key, r, alarm && a.Text == "")
	} else {
		o.lost += o.backlog.add(r, time.Now())
	}
	o.noteFinished(r)
	o.wake()
	o.stirUp()
}

// Ready is readable after something was put, or came up for telling again.
func (o *Outbox) Ready() <-chan struct{} { return o.ready }

// Next returns what is to be told next; false when there is nothing. What it
// returned counts as on its way until [Outbox.Sent] or [Outbox.Resend].
func (o *Outbox) Next() (Delivery, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes {
		if s := o.lanes[i].head(); s != nil {
			return o.deliver(o.registrationBefore(s)), true
		}
	}
	for it := o.backlog.take(time.Now()); it != nil; it = o.backlog.take(time.Now()) {
		if r := o.recordOf(it); r != nil {
			return Delivery{Record: o.rehome(r), item: it}, true
		}
		o.lost++
		o.backlog.dropped++
		o.backlog.done(it)
	}
	return Delivery{}, false
}

// recordOf is the record of an item, read from the file if need be; nil if it can't be.
func (o *Outbox) recordOf(it *item) Record {
	if it.record != nil {
		return it.record
	}
	line, err := o.store.read(it.place)
	if err == nil {
		var r Record
		if r, _, err = decode(line); err == nil {
			return r
		}
	}
	o.store.log.Error("a record in the outbox can't be read", "error", err)
	return nil
}

// Sent says that d has arrived. A state that was replaced meanwhile is still to be told.
func (o *Outbox) Sent(d Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.stirUp()
	if d.item != nil {
		o.backlog.done(d.item)
		return
	}
	if d.state == nil {
		return
	}
	d.state.confirmed = max(d.state.confirmed, d.version)
	if d.state.version != d.version {
		return
	}
	key := d.Record.Key()
	if c, ok := d.Record.(Command); ok && c.Final() && !d.state.savedTold && o.unsaved.IsZero() {
		o.unsaved = time.Now()
	}
	if _, gone := d.Record.(Gone); (gone || d.Removed) && o.states[key] == d.state {
		o.forget(key)
	}
}

// Resend makes everything that is on its way or was told before wait again: all
// living states, and whatever happened once and was not confirmed.
func (o *Outbox) Resend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(o.states)) {
		if s := o.states[key]; !s.old {
			o.queue(s)
		}
	}
	o.backlog.rewind()
	o.wake()
}

// Forget drops the state of that key without telling: nobody wants to know any more.
func (o *Outbox) Forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(key)
	if slices.Contains(o.finished, key) {
		o.unsaved = time.Now()
		o.stirUp()
	}
	o.finished = slices.DeleteFunc(o.finished, func(k string) bool { return k == key })
}

// Retell makes the living state of that key wait again, and reports whether
// there is one.
func (o *Outbox) Retell(key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.states[key]
	if !ok || s.removed {
		return false
	}
	o.queue(s)
	o.wake()
	return true
}

// Stats counts what an [Outbox] holds.
type Stats struct {
	States  int // living states, told or not
	Backlog int // things that happened once and are not confirmed
	Lost    int // things that happened once and found no room, since the start
}

// Stats returns the present counts.
func (o *Outbox) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return Stats{States: len(o.states), Backlog: len(o.backlog.items), Lost: o.lost}
}

func (o *Outbox) set(key string, r Record, removed bool) {
	s, ok := o.states[key]
	if !ok {
		s = &state{}
		o.states[key] = s
	}
	s.record, s.removed, s.old = r, removed, false
	s.since, s.savedTold = time.Now(), false
	s.version++
	o.queue(s)
}

func (o *Outbox) queue(s *state) {
	if s.waiting {
		return
	}
	s.waiting = true
	o.lanes[laneOf(s.record)].push(s)
}

// registrationBefore returns the registration of the service that s is about,
// if that is still to be told, and s otherwise: thin-edge.io makes up a
// registration of its own for a service that it hears of without one.
func (o *Outbox) registrationBefore(s *state) *state {
	registration, ok := o.states[Service{Name: ServiceOf(s.record)}.Key()]
	if !ok || !registration.waiting {
		return s
	}
	if _, ok := registration.record.(Service); !ok {
		return s
	}
	return registration
}

func (o *Outbox) deliver(s *state) Delivery {
	s.waiting = false
	return Delivery{Record: s.record, Removed: s.removed, state: s, version: s.version}
}

// removeStatesOf has all states of service taken back, whatever was told of
// them. Its registration makes room for the [Gone] that follows, in the last lane.
func (o *Outbox) removeStatesOf(service string) {
	o.forget(Gone{Service: service}.Key())
	for _, key := range slices.Sorted(maps.Keys(o.states)) {
		s := o.states[key]
		if ServiceOf(s.record) == service && !strings.HasPrefix(key, "command ") {
			o.set(key, s.record, true)
		}
	}
}

// forget drops a state; a lane that still holds it passes over it.
func (o *Outbox) forget(key string) {
	if s, ok := o.states[key]; ok {
		s.waiting = false
		delete(o.states, key)
	}
}

func (o *Outbox) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}
