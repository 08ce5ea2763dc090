package core

import (
	"log/slog"
	"maps"
	"sync"

	"edged/core/state"
)

// attempts counts how often each update that was left in the middle has been taken
// up: perhaps it is the new container that brings the device down, again and again.
// It is written down only for such updates. What can't be written or read is logged
// and counts from one: no update stops for it.
type attempts struct {
	file state.File
	log  *slog.Logger

	mu     sync.Mutex
	counts map[string]int // by id of the update
}

func newAttempts(dir string, log *slog.Logger) *attempts {
	return &attempts{file: state.New(dir, "attempts"), log: log}
}

// begin counts one attempt more at each of the updates, and forgets all others:
// they have ended.
func (a *attempts) begin(updates []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts = map[string]int{}
	if err := a.file.Load(&a.counts); err != nil {
		a.log.Error("attempts at interrupted updates are counted anew", "error", err)
		a.counts = nil
	}
	next := map[string]int{}
	for _, id := range updates {
		next[id] = a.counts[id] + 1
	}
	a.keep(next)
}

// of is how often the update has been taken up, this time included.
func (a *attempts) of(update string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[update]
}

// end forgets an update that has ended.
func (a *attempts) end(update string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := maps.Clone(a.counts)
	delete(next, update)
	a.keep(next)
}

// keep writes the counts down if they differ; the caller holds the lock.
func (a *attempts) keep(next map[string]int) {
	before := a.counts
	a.counts = next
	var err error
	switch {
	case before != nil && maps.Equal(before, next):
	case len(next) == 0:
		err = a.file.Remove()
	default:
		err = a.file.Write(next)
	}
	if err != nil {
		a.log.Error("attempts at interrupted updates can't be kept", "error", err)
	}
}
