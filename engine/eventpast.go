package engine

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/docker/docker/api/types/events"
)

const (
	// pastSize is how many events are remembered to tell those that come twice; Docker itself replays no more.
	pastSize = 256
	// overlap is how far before the last event a new connection asks again. Engines stamp events before they queue them,
	// so one may come after another that is a little younger.
	overlap = time.Second
)

// pastEvents remembers the last events of a stream, so that a new connection can take up where the old one broke.
type pastEvents struct {
	seed  maphash.Seed
	start int64 // nanoseconds since 1970: nothing before is asked for
	last  int64 // the same by the engine's clock, of the newest event before the connection
	ring  []pastEvent
	next  int // place in ring for the next one
}

type pastEvent struct {
	time int64
	key  uint64
}

// begin forgets everything; the stream starts at t.
func (p *pastEvents) begin(t time.Time) {
	*p = pastEvents{seed: maphash.MakeSeed(), start: t.UnixNano(), last: t.UnixNano()}
}

// since is what to ask the engine for, as seconds with nanoseconds, a form that both engines take. It reaches back over no
// more than what is remembered, or old events would pass for new ones.
func (p *pastEvents) since() string {
	from := p.start
	if len(p.ring) > 0 {
		newest := p.ring[(p.next+len(p.ring)-1)%len(p.ring)].time
		from, p.last = max(newest-int64(overlap), p.start), newest
	}
	if len(p.ring) == pastSize {
		oldest := slices.MinFunc(p.ring, func(a, b pastEvent) int { return cmp.Compare(a.time, b.time) })
		from = max(from, oldest.time)
	}
	return fmt.Sprintf("%d.%09d", from/int64(time.Second), from%int64(time.Second))
}

// isNew notes the event and reports whether it came for the first time. Only events as old as the last connection's need
// to be looked for.
func (p *pastEvents) isNew(m *message) bool {
	e := pastEvent{time: m.TimeNano, key: maphash.Comparable(p.seed, struct {
		kind   events.Type
		action events.Action
		id     string
		time   int64
	}{m.Type, m.Action, m.Actor.ID, m.TimeNano})}
	if e.time <= p.last && slices.Contains(p.ring, e) {
		return false
	}
	if len(p.ring) < pastSize {
		p.ring = append(p.ring, e)
		p.next = len(p.ring) % pastSize
		return true
	}
	p.ring[p.next] = e
	p.next = (p.next + 1) % pastSize
	return true
}
