package core

import (
	"time"

	"edged/core/request"
)

// How long a container that is broken is left alone before edged tries to put it right: longer from time to time.
const (
	mendFirst = time.Minute
	mendLast  = time.Hour
)

// mend goes on with what an update of the container of that name has left broken so many times in a row: what keeps the old
// container from starting, such as a port that is taken or an engine that has to be restarted, may be over later.
func (d *Daemon) mend(name string, times int) {
	wait := min(mendFirst<<min(times-1, 6), mendLast)
	d.requests.attend(func() {
		for pause(d.life, wait) == nil && d.timesBroken(name) == times {
			r := request.Request{Op: request.Update, Target: name}
			r.Complete()
			if d.requests.claim(d.life, r, d.endStray) == nil {
				return
			}
		}
	})
}

func (d *Daemon) timesBroken(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken[name]
}
