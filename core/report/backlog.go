package report

import (
	"fmt"
	"slices"
	"time"
)

// Limits bound what waits in memory.
type Limits struct {
	Records int // 0: 1000
	Bytes   int // estimated; 0: 512 KiB
}

func (l Limits) orDefaults() Limits {
	if l.Records <= 0 {
		l.Records = 1000
	}
	if l.Bytes <= 0 {
		l.Bytes = 512 << 10
	}
	return l
}

// backlog holds what happened once, in its order: first what is on its way,
// then what waits.
type backlog struct {
	limits  Limits
	items   []*item
	next    int // index of the first item that waits
	bytes   int
	dropped int // records dropped and not yet told of
}

type item struct {
	record Record
	size   int
	loss   int // it tells of so many dropped records; 0: it is a record itself
	done   bool
}

// add appends r and returns how many records were dropped to make room.
// What is on its way is spared: it has probably arrived.
func (b *backlog) add(r Record) int {
	b.push(len(b.items), &item{record: r, size: size(r)})
	lost := 0
	for b.over() && b.next < len(b.items) {
		if loss := b.items[b.next].loss; loss > 0 {
			b.dropped += loss
		} else {
			b.dropped++
			lost++
		}
		b.remove(b.next)
	}
	return lost
}

func (b *backlog) over() bool { return len(b.items) > b.limits.Records || b.bytes > b.limits.Bytes }

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
	b.next++
	return b.items[b.next-1]
}

func lossOf(n int, now time.Time) *item {
	e := Event{
		Type:   "records_dropped",
		Text:   fmt.Sprintf("%d records found no room while they could not be sent", n),
		Time:   now,
		Fields: map[string]any{"count": n},
	}
	return &item{record: e, size: size(e), loss: n}
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
	b.next = 0
}

func (b *backlog) push(i int, it *item) {
	b.items = slices.Insert(b.items, i, it)
	b.bytes += it.size
}

func (b *backlog) remove(i int) {
	b.bytes -= b.items[i].size
	b.items = slices.Delete(b.items, i, i+1)
	if i < b.next {
		b.next--
	}
	if len(b.items) == 0 {
		b.items = nil // a storm is over: give its memory back
	}
}
