package report

import "time"

// debt is what waits and is not in the file.
type debt struct {
	items  []*item
	states []*state
	vital  time.Time // since when the first of it waits that must not be lost; zero: there is none
	common time.Time // the same of all else
	bytes  int
}

// owed looks for what is to be written; the caller holds the lock.
func (o *Outbox) owed() (d debt) {
	for _, it := range o.backlog.items {
		if it.done || it.place.len > 0 {
			continue
		}
		d.items, d.bytes = append(d.items, it), d.bytes+it.size
		if it.class == vital {
			d.vital = earlier(d.vital, it.since)
		} else {
			d.common = earlier(d.common, it.since)
		}
	}
	for _, s := range o.states {
		if outlives(s) && s.version > s.confirmed && s.version > s.stored {
			d.states = append(d.states, s)
			d.vital = earlier(d.vital, s.since)
		}
	}
	d.vital = earlier(d.vital, o.unsaved)
	return d
}

// outlives reports whether a state can't be found anew by the next run of edged.
func outlives(s *state) bool {
	switch r := s.record.(type) {
	case Alarm:
		return true
	case Command:
		return r.Final() && r.Answer == nil
	default:
		return false
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// look says how long to wait until something is to be done; 0: nothing is.
func (o *Outbox) look(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.owed()
	var at time.Time
	if !d.vital.IsZero() {
		at = d.vital.Add(waitVital)
	}
	if !d.common.IsZero() {
		at = earlier(at, d.common.Add(waitCommon))
	}
	switch {
	case d.bytes >= writeBytes && !o.store.sick:
		at = now
	case !at.IsZero() && at.Before(o.wrote.Add(writePause)):
		at = o.wrote.Add(writePause)
	case at.IsZero() && o.onDisk && !o.needsDisk():
		at = now.Add(waitVital)
	case at.IsZero():
		return 0
	}
	return max(at.Sub(now), time.Millisecond)
}

// keep writes down what is due, and removes the file when nothing of it is needed.
func (o *Outbox) keep(now time.Time) {
	due := o.look(now) == time.Millisecond
	o.mu.Lock()
	if !due {
		defer o.mu.Unlock()
		o.tidy()
		return
	}
	d := o.owed()
	o.mu.Unlock()
	o.saveCommands()
	err := o.writeDebt(d)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrote = time.Now()
	if err != nil {
		if !o.store.sick {
			o.store.log.Error("what waits in the outbox can't be kept", "error", err)
		}
		o.wrote = o.wrote.Add(waitCommon)
		o.store.sick, o.backlog.limits = true, o.limits.atMost(inMemory)
		o.lost += o.backlog.trim()
		return
	}
	o.store.sick, o.backlog.limits = false, o.limits
	o.tidy()
}

// writeDebt appends lines. Only [Outbox.Run] calls it, so that nobody else changes the
// file meanwhile; the records themselves never change.
func (o *Outbox) writeDebt(d debt) error {
	var text []byte
	places := make([]place, 0, len(d.items)+len(d.states))
	versions := make([]uint64, len(d.states))
	add := func(r Record, loss int) {
		line, err := encode(r, loss)
		if err != nil {
			o.store.log.Error("keep a record", "error", err)
		}
		places = append(places, place{int64(len(text)), len(line)})
		text = append(text, line...)
	}
	for _, it := range d.items {
		add(it.record, it.loss)
	}
	for i, s := range d.states {
		o.mu.Lock()
		r, version := s.record, s.version
		o.mu.Unlock()
		versions[i] = version
		add(r, 0)
	}
	if len(text) == 0 {
		return nil
	}
	at, err := o.store.append(text)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.onDisk = true
	for i, it := range d.items {
		if p := places[i]; p.len > 0 {
			o.backlog.stored(it, place{at + p.at, p.len})
		}
	}
	for i, s := range d.states {
		s.stored = versions[i]
	}
	return nil
}

// stored notes where an item stands, and lets go of its record.
func (b *backlog) stored(it *item, p place) {
	if it.done {
		return
	}
	b.bytes += p.len - it.size
	it.place, it.size, it.record = p, p.len, nil
}

// needsDisk reports whether the file has something that was not told.
func (o *Outbox) needsDisk() bool {
	for _, it := range o.backlog.items {
		if it.place.len > 0 && !it.done {
			return true
		}
	}
	for _, s := range o.states {
		if s.stored > s.confirmed {
			return true
		}
	}
	return false
}

// tidy removes a file that nobody needs, and what nobody needs from one that has grown;
// the caller holds the lock.
func (o *Outbox) tidy() {
	switch {
	case !o.onDisk:
	case !o.needsDisk():
		if err := o.store.clear(); err != nil {
			o.store.log.Error("remove the outbox", "error", err)
		}
		o.onDisk = false
	case o.store.end > 2*int64(o.limits.Bytes):
		if err := o.compact(); err != nil {
			o.store.log.Error("make the outbox smaller", "error", err)
		}
	}
}

// compact rewrites the file without what was told or dropped.
func (o *Outbox) compact() error {
	var items []*item
	var places []place
	for _, it := range o.backlog.items {
		if it.place.len > 0 && !it.done {
			items, places = append(items, it), append(places, it.place)
		}
	}
	fresh, moved, err := o.store.rewrite(places)
	if err != nil {
		return err
	}
	for _, s := range o.states {
		if s.stored > s.confirmed {
			s.stored = 0 // written again with what comes next
		}
	}
	if err := o.store.adopt(fresh); err != nil {
		return err
	}
	for i, it := range items {
		it.place = moved[i]
	}
	return nil
}

// saveCommands writes the results of the last commands, if they have changed.
func (o *Outbox) saveCommands() {
	o.mu.Lock()
	dirty := !o.unsaved.IsZero()
	known := make([]*writtenCommand, 0, len(o.finished))
	for _, key := range o.finished {
		if s := o.states[key]; s != nil && s.record.(Command).Answer == nil {
			w := writtenOf(s.record.(Command))
			w.Told = s.confirmed == s.version
			s.savedTold = w.Told
			known = append(known, w)
		}
	}
	o.unsaved = time.Time{}
	o.mu.Unlock()
	if !dirty {
		return
	}
	save := o.commands.Remove
	if len(known) > 0 {
		save = func() error { return o.commands.Write(known) }
	}
	err := save()
	if err != nil {
		o.store.log.Error("the results of commands can't be kept", "error", err)
	}
}

// stirUp has [Outbox.Run] look; the caller holds the lock.
func (o *Outbox) stirUp() {
	select {
	case o.stir <- struct{}{}:
	default:
	}
}
