package watch

import (
	"sync"

	"edged/engine"
)

// subscriptionBuffer is how many events of one container a subscriber may lag
// behind. A container sends a handful in its life; who falls further behind
// must look at the container itself.
const subscriptionBuffer = 64

// hub hands single containers' events on to whoever waits for them.
type hub struct {
	mu   sync.Mutex
	subs map[chan engine.Event]string
}

func newHub() *hub { return &hub{subs: map[chan engine.Event]string{}} }

// Subscribe delivers the events of the container id from now on, until the
// returned function is called. When the connection to the engine was lost and
// stands again, subscribers see [engine.ActionConnected]: events may be missing.
func (w *Watcher) Subscribe(id string) (events <-chan engine.Event, cancel func()) {
	c := make(chan engine.Event, subscriptionBuffer)
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	w.hub.subs[c] = id
	return c, func() {
		w.hub.mu.Lock()
		defer w.hub.mu.Unlock()
		delete(w.hub.subs, c)
	}
}

// publish never blocks: the engine's stream must not wait for a subscriber.
func (h *hub) publish(ev engine.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, id := range h.subs {
		if ev.Action != engine.ActionConnected && ev.ID != id {
			continue
		}
		select {
		case c <- ev:
		default:
		}
	}
}
