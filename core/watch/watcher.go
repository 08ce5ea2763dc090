package watch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"edged/engine"
)

// Engine is what a Watcher needs of the engine.
type Engine interface {
	Events(ctx context.Context) <-chan engine.Event
	List(ctx context.Context, options engine.FilterOptions) ([]engine.TedgeContainer, error)
}

// listRetry is how long a failed listing is not tried again. The engine's own
// reconnection, not this, paces what happens while it is away.
const listRetry = time.Second

// Watcher follows the engine's containers.
type Watcher struct {
	engine  Engine
	log     *slog.Logger
	changed chan struct{} // has room for one: there is something to take
	all     chan struct{} // closed when all containers are known
	hub     *hub

	mu        sync.Mutex
	table     *table
	connected bool
}

// New returns a Watcher that does nothing until it is run.
func New(e Engine, log *slog.Logger) *Watcher {
	return &Watcher{engine: e, log: log, changed: make(chan struct{}, 1), all: make(chan struct{}), hub: newHub(), table: newTable()}
}

// Changed has a value when [Watcher.Take] has something to give.
func (w *Watcher) Changed() <-chan struct{} { return w.changed }

// Listed is closed when all containers that exist are known, to be taken at once.
func (w *Watcher) Listed() <-chan struct{} { return w.all }

// Take returns what changed since it was last called, one change a container.
// The first are the containers that exist.
func (w *Watcher) Take() []Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.table.changes()
}

// Connected reports whether the engine's event stream stands.
func (w *Watcher) Connected() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connected
}

// Run follows the engine until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	events := w.engine.Events(ctx)
	l := lister{engine: w.engine, results: make(chan listing, 1)}
	defer l.wait.Wait()
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return
			}
			w.receive(ev, &l)
		case r := <-l.results:
			w.listed(r, &l)
		case <-l.retry:
			l.retry = nil
		case <-l.settled:
			l.settled = nil
			w.settle()
		}
		w.ask(ctx, &l)
	}
}

// receive folds an event in and wakes the taker.
func (w *Watcher) receive(ev engine.Event, l *lister) {
	w.hub.publish(ev)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case ev.Action == engine.ActionConnected:
		w.connected, l.all = true, true
	case ev.Action == engine.ActionDisconnected:
		w.connected = false
		w.table.lost()
	case ev.Kind == engine.KindContainer:
		w.table.event(ev)
		w.wake()
	}
}

// listed folds a listing in. What could not be listed is asked for again.
func (w *Watcher) listed(r listing, l *lister) {
	l.busy = false
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.err != nil {
		w.log.Warn("list containers", "error", r.err)
		l.all = true
		l.retry = time.After(listRetry)
		return
	}
	w.table.listed(r.ids, r.found)
	if r.ids == nil {
		w.noteListed()
	}
	if len(w.table.doubted) > 0 && l.settled == nil {
		l.settled = time.After(recheck)
	}
	w.wake()
}

// noteListed is called after the listing of all containers.
func (w *Watcher) noteListed() {
	select {
	case <-w.all:
	default:
		close(w.all)
	}
}

// settle has the containers listed again whose listing was not believed.
func (w *Watcher) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.table.settled()
}

// ask starts a listing if one is due and none is under way.
func (w *Watcher) ask(ctx context.Context, l *lister) {
	if l.busy || l.retry != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.connected || !l.all && len(w.table.stale) == 0 {
		return
	}
	ids := w.table.asked(l.all)
	l.start(ctx, ids)
	l.all = false
}

// wake tells the taker, if there is something to take.
func (w *Watcher) wake() {
	if !w.table.waiting() {
		return
	}
	select {
	case w.changed <- struct{}{}:
	default:
	}
}
