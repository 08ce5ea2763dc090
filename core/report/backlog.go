package report

import (
	"fmt"
	"slices"
	"time"
)

// Limits bound what waits. Without a folder to keep it in, it is also bounded by
// what may wait in memory.
type Limits struct {
	Records int // 0: 10 000
	Bytes   int // estimated; 0: 4 MiB
}

// inMemory is what may wait in memory alone.
var inMemory = Limits{Records: 1000, Bytes: 512 << 10}

func (l Limits) orDefaults() Limits {
	if l.Records <= 0 {
		l.Records = 10_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 4 << 20
	}
	return l
}

func (l Limits) atMost(m Limits) Limits {
	return Limits{Records: min(l.Records, m.Records), Bytes: min(l.Bytes, m.Bytes)}
}

// class is how long a record is kept when there is no room: the lowest goes first.
type class int

const (
	passing class = iota // telemetry and progress: out of date soon
	common               // events and decisions
	vital                // results
	classCount
)

func classOf(r Record) class {
	switch r := r.(type) {
	case Telemetry:
		return passing
	case Command:
		if r.Final() {
			return vital
		}
		return passing
	default:
		return common
	}
}

// backlog holds what happened once, in its order: first what is on its way,
// then what waits.
type backlog struct {
	limits  Limits
	items   []*item
	next    int // index of the first item that waits
	bytes   int
	waiting [classCount]int // items that wait, by class
	dropped int             // records dropped and not yet told of
}

type item struct {
	record Record // nil: it is in the file
	place  place
	size   int
	class  class
	since  time.Time
	loss   int  // it tells of so many dropped records; 0: it is a record itself
	done   bool // it has arrived, or was dropped
}

// add appends r and returns how many records were dropped to make room.
func (b *backlog) add(r Record, now time.Time) int {
	b.push(len(b.items), &item{record: r, size: size(r), class: classOf(r), since: now})
	return b.trim()
}

// trim makes room and returns how many records were dropped for that. What is on
// its way is spared: it has probably arrived.
func (b *backlog) trim() (lost int) {
	for (len(b.items) > b.limits.Records || b.bytes > b.limits.Bytes) && b.next < len(b.items) {
		i := b.expendable()
		if loss := b.items[i].loss; loss > 0 {
			b.dropped += loss
		} else {
			b.dropped++
			lost++
		}
		b.remove(i)
	}
	return lost
}

// expendable is the oldest that waits of the lowest class.
func (b *backlog) expendable() int {
	lowest := passing
	for b.waiting[lowest] == 0 {
		lowest++
	}
	i := b.next
	for b.items[i].class != lowest {
		i++
	}
	return i
}

// take returns the next item that waits, or nil. If some were dropped, the
// first thing to tell is how many.
func (b *backlog) take(now time.Time) *item {
	if b.dropped > 0 {
		b.push(b.next, lossOf(b.dropped, now))
		b.dropped = 0
	}
	if b.next == len(b.items) {
		return nil
	}
	it := b.items[b.next]
	b.waiting[it.class]--
	b.next++
	return it
}

func lossOf(n int, now time.Time) *item {
	e := Event{
		Type:   "records_dropped",
		Text:   fmt.Sprintf("%d records found no room while they could not be sent", n),
		Time:   now,
		Fields: map[string]any{"count": n},
	}
	return &item{record: e, size: size(e), class: vital, since: now, loss: n}
}

// done notes that it has arrived and lets go of all that has.
func (b *backlog) done(it *item) {
	it.done = true
	for len(b.items) > 0 && b.items[0].done {
		b.remove(0)
	}
}

// rewind makes everything that is on its way wait again.
func (b *backlog) rewind() {
	b.items = slices.DeleteFunc(b.items, func(it *item) bool {
		if it.done {
			b.bytes -= it.size
		}
		return it.done
	})
	b.next, b.waiting = 0, [classCount]int{}
	for _, it := range b.items {
		b.waiting[it.class]++
	}
}

// push puts an item among those that wait.
func (b *backlog) push(i int, it *item) {
	b.items = slices.Insert(b.items, i, it)
	b.bytes += it.size
	b.waiting[it.class]++
}

func (b *backlog) remove(i int) {
	it := b.items[i]
	it.done = true
	b.bytes -= it.size
	if i < b.next {
		b.next--
	} else {
		b.waiting[it.class]--
	}
	if i == 0 {
		b.items[0] = nil
		b.items = b.items[1:]
	} else {
		b.items = slices.Delete(b.items, i, i+1)
	}
	if len(b.items) == 0 {
		b.items = nil // a storm is over: give its memory back
	}
}
