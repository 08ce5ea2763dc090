package mqtt

import (
	"sync"

	"edged/core/report"
)

// What may be on its way without having been acknowledged. Brokers hold back
// acknowledgements by up to 40 ms (Nagle's algorithm against delayed TCP
// acknowledgements), so that all that there is to say of 100 services should
// fit; and more than a slow link carries in some seconds would hold up a health
// change.
const (
	maxInFlight      = 1000
	maxInFlightBytes = 256 << 10
)

// post keeps track of the messages that are on their way.
type post struct {
	news chan struct{} // readable after something was acknowledged, or stirred

	mu       sync.Mutex
	inFlight map[uint16]*parcel
	bytes    int
	lastID   uint16
}

// parcel is a delivery whose messages are on their way.
type parcel struct {
	delivery report.Delivery
	missing  int // acknowledgements
	share    int // bytes of a message, on average
}

func newParcel(d report.Delivery, messages []message) *parcel {
	p := &parcel{delivery: d, missing: len(messages)}
	for _, m := range messages {
		p.share += (len(m.topic) + len(m.payload)) / len(messages)
	}
	return p
}

// stamp notes one message of p as on its way, under an id that is free.
func (t *post) stamp(p *parcel) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		t.lastID++
		if _, taken := t.inFlight[t.lastID]; !taken && t.lastID != 0 {
			t.inFlight[t.lastID] = p
			t.bytes += p.share
			return t.lastID
		}
	}
}

// acknowledged notes the arrival of a message. It returns its delivery, and
// whether all of that has arrived.
func (t *post) acknowledged(id uint16) (d report.Delivery, whole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.inFlight[id]
	if !ok {
		return report.Delivery{}, false
	}
	delete(t.inFlight, id)
	t.bytes -= p.share
	p.missing--
	t.stir()
	return p.delivery, p.missing == 0
}

// room reports whether more may be sent.
func (t *post) room() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.inFlight) < maxInFlight && t.bytes < maxInFlightBytes
}

// empty reports whether everything has arrived.
func (t *post) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.inFlight) == 0
}

func (t *post) stir() {
	select {
	case t.news <- struct{}{}:
	default:
	}
}
