package report

import (
	"slices"
	"time"
)

// progressEvery is how often the progress within one step of a command is told.
const progressEvery = time.Second

// worthTelling reports whether c is told at all. Each step of a request is, and
// its end; the many small advances within a step are thinned out. Losing the
// last of them does no harm: another step or the end follows.
func (o *Outbox) worthTelling(c Command) bool {
	if !c.Followed() {
		return c.Final() || c.Progress != nil && o.worthAnEvent(c)
	}
	s, ok := o.states[c.Key()]
	if !ok || c.Progress == nil {
		return true
	}
	before, ok := s.record.(Command)
	sameStep := ok && before.Progress != nil && before.Progress.Step == c.Progress.Step
	now := time.Now()
	if sameStep && now.Sub(s.progress) < progressEvery {
		return false
	}
	s.progress = now
	return true
}

// pace is which progress of a request that nobody follows was told last.
type pace struct {
	step string
	at   time.Time
}

// eventEvery is how often the progress within one step is an event.
const eventEvery = 5 * time.Second

// worthAnEvent is worthTelling for the progress of a request that nobody follows.
func (o *Outbox) worthAnEvent(c Command) bool {
	key, now := CommandKey(c.Request), time.Now()
	last := o.paces[key]
	if last.step == c.Progress.Step && now.Sub(last.at) < eventEvery {
		return false
	}
	o.paces[key] = pace{c.Progress.Step, now}
	return true
}

// noteFinished keeps the number of finished commands within bounds. One that is
// dropped before it was told is counted as lost.
func (o *Outbox) noteFinished(r Record) {
	c, ok := r.(Command)
	if ok && c.Final() {
		delete(o.paces, CommandKey(c.Request))
	}
	if !ok || !c.Followed() || !c.Final() || slices.Contains(o.finished, c.Key()) {
		return
	}
	o.finished = append(o.finished, c.Key())
	o.unsaved = time.Now()
	if len(o.finished) <= keepFinished {
		return
	}
	oldest := o.finished[0]
	o.finished = slices.Delete(o.finished, 0, 1)
	if s, ok := o.states[oldest]; ok && s.waiting {
		o.lost++
		o.backlog.dropped++
	}
	o.forget(oldest)
}
