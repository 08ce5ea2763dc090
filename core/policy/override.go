package policy

import (
	"maps"
	"slices"
	"sync"
	"time"

	"edged/hooks"
)

// Override lets what people ask for a container, or an image, through for a while,
// whatever scripts say. It ends with edged: a device that restarts is guarded again.
type Override struct {
	Name   string    `json:"name"`  // of a container, or the reference of an image
	Until  time.Time `json:"until"` // by a clock that no jump moves, in this run of edged
	Reason string    `json:"reason"`
	Actor  string    `json:"actor"` // who gave it
}

// overrides are those in force. The zero value has none.
type overrides struct {
	mu   sync.Mutex
	list map[string]Override
}

// Override gives o, in the place of an earlier one of the name.
func (p *Policy) Override(o Override) {
	p.overrides.mu.Lock()
	defer p.overrides.mu.Unlock()
	if p.overrides.list == nil {
		p.overrides.list = map[string]Override{}
	}
	p.overrides.list[o.Name] = o
	p.log.Warn("policy is overridden", "name", o.Name, "until", o.Until, "reason", o.Reason, "actor", o.Actor)
}

// Overrides are those in force, by name.
func (p *Policy) Overrides() []Override {
	p.overrides.mu.Lock()
	defer p.overrides.mu.Unlock()
	p.overrides.expire(time.Now())
	list := []Override{}
	for _, name := range slices.Sorted(maps.Keys(p.overrides.list)) {
		list = append(list, p.overrides.list[name])
	}
	return list
}

// apply makes a yes of a no, if somebody lets through what a person has asked for.
func (o *overrides) apply(ev hooks.Event, d hooks.Decision, now time.Time) hooks.Decision {
	if ev.Phase != hooks.Before || ev.Trigger != hooks.TriggerCommand || d.Verdict == hooks.VerdictAllow {
		return d
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.expire(now)
	names := []string{}
	if ev.Container != nil {
		names = append(names, ev.Container.Name)
	}
	if ev.Image != nil {
		names = append(names, ev.Image.Ref)
	}
	for _, name := range names {
		if by, ok := o.list[name]; ok {
			return d.Overridden(by.Actor, by.Reason)
		}
	}
	return d
}

// expire forgets those that are over; the caller holds the lock.
func (o *overrides) expire(now time.Time) {
	maps.DeleteFunc(o.list, func(_ string, one Override) bool { return !now.Before(one.Until) })
}
