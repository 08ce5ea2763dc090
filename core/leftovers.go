package core

import (
	"maps"
	"sync"
	"time"

	"edged/core/report"
)

// maxLeftovers bounds what is remembered of what stands on the broker, in services and in
// alarms. Anybody may publish there.
const maxLeftovers = 1000

// leftovers is what stands on the broker of an earlier run of edged: services whose
// containers were removed while no edged ran, and alarms that nobody has cleared. It is
// noted by whoever reads from the broker and settled by the core loop, once that knows
// which containers there are.
type leftovers struct {
	noted chan struct{} // has room for one: there is something to settle

	mu       sync.Mutex
	services map[string]bool           // that edged has registered; true: it was told that they are gone
	alarms   map[string][]report.Alarm // of services that are not known to be edged's, by service
}

func newLeftovers() *leftovers {
	return &leftovers{noted: make(chan struct{}, 1), services: map[string]bool{}, alarms: map[string][]report.Alarm{}}
}

// note takes in what was found.
func (l *leftovers) note(r report.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r := r.(type) {
	case report.Service:
		if len(l.services) == maxLeftovers {
			maps.DeleteFunc(l.services, func(_ string, told bool) bool { return told })
		}
		if len(l.services) < maxLeftovers {
			l.services[r.Name] = false
		}
	case report.Alarm:
		if len(l.alarms) < maxLeftovers && len(l.alarms[r.Service]) < maxLeftovers {
			l.alarms[r.Service] = append(l.alarms[r.Service], r)
		}
	}
	poke(l.noted)
}

// settle returns what is to be told so that nothing stays of services that exist no
// more, and the alarms of those that do, which may be out of date. What another service
// has registered is not touched. The alarms of one that is gone may be found after it.
func (l *leftovers) settle(exists func(service string) bool) (out []report.Record, alarms []report.Alarm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, told := range l.services {
		if exists(name) {
			delete(l.services, name)
			continue
		}
		found := l.alarms[name]
		delete(l.alarms, name)
		for _, a := range found {
			out = append(out, report.Alarm{Service: name, Type: a.Type})
		}
		if !told || len(found) > 0 { // thin-edge.io may make up a registration of what it hears an alarm of
			out = append(out, report.Gone{Service: name})
			l.services[name] = true
		}
	}
	for name, found := range l.alarms {
		if exists(name) {
			alarms = append(alarms, found...)
			delete(l.alarms, name)
		}
	}
	return out, alarms
}

// Left takes in what stands on the broker of edged's own making.
func (d *Daemon) Left(r report.Record) { d.leftovers.note(r) }

// settle clears what is left over on the broker.
func (d *Daemon) settle() {
	out, alarms := d.leftovers.settle(d.services.exists)
	for _, r := range out {
		d.sink.Put(r)
	}
	for _, a := range alarms {
		if a.Type == crashLoopAlarm {
			d.crashes.adopt(a.Service, d.services.runsWell(a.Service), time.Now())
		}
	}
}
