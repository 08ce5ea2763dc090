package core

import (
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
)

// alarmBroken is the type of the alarm about a container that an update or an
// installation has left in a state that is neither the old nor the new one.
const alarmBroken = "ContainerUpdateBroken"

// How long a container that is broken is left alone before edged tries to put it right: longer from time to time.
const (
	mendFirst = time.Minute
	mendLast  = time.Hour
)

// alarm raises the alarm about a broken container, and has it mended; it takes the alarm
// back when something else came of a later request. An alarm of an earlier run may stand
// at the broker, so the first good end takes it back, too.
func (d *Daemon) alarm(r request.Request, res request.Result) {
	name := r.Target
	switch {
	case r.Op != request.Update && r.Op != request.Rollback && r.Op != request.Install && r.Op != request.Remove:
		return
	case res.Outcome == request.Broken:
	case res.Outcome != request.RolledBack && !res.Outcome.OK() || r.Options.Check:
		return // it says nothing about the container
	}
	times := 0
	d.mu.Lock()
	before, known := d.broken[name]
	if res.Outcome == request.Broken {
		times = before + 1
	}
	d.broken[name] = times
	service := d.serviceOf(name)
	d.mu.Unlock()
	a := report.Alarm{Service: service, Type: alarmBroken, Severity: report.Critical, Time: time.Now()}
	if times > 0 {
		a.Text = string(r.Op) + " " + r.ID + " of " + name + " needs a person: " + res.Reason
		d.mend(name, times)
	} else if known && before == 0 {
		return
	}
	d.sink.Put(a)
}

// mend goes on with what an update of the container of that name has left broken so many times in a row: what keeps the old
// container from starting, such as a port that is taken or an engine that has to be restarted, may be over later.
func (d *Daemon) mend(name string, times int) {
	wait := min(mendFirst<<min(times-1, 6), mendLast)
	d.putRight(name, "", wait, func() bool { return d.timesBroken(name) == times })
}

func (d *Daemon) timesBroken(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken[name]
}

// serviceOf is the service that stands for the container of that name, whatever name an
// update has given it; the caller holds the lock.
func (d *Daemon) serviceOf(name string) string {
	for _, c := range d.observed {
		if c.Name == name || c.Name == name+update.SuffixPrev {
			service, _ := d.services.nameOf(c)
			return service
		}
	}
	return name
}
