package hooks

import (
	"fmt"
	"time"
)

// Timer is a function that a script wants called at certain times. Core calls it
// by asking about the event of [Timer.Event].
type Timer struct {
	Script string        `json:"script"` // file name
	Index  int           `json:"index"`  // among the script's timers, from 1
	Line   int           `json:"line"`   // where it was registered, from 1
	Every  time.Duration `json:"every,omitempty"`
	Cron   string        `json:"cron,omitempty"` // five fields; see [ParseCron]
	Zone   string        `json:"zone,omitempty"` // of Cron; empty: the device's own
}

// ID names the timer within a set: 20-disk.lua#1. It is the same after a reload
// as long as the script registers the same timers in the same order.
func (t Timer) ID() string { return fmt.Sprintf("%s#%d", t.Script, t.Index) }

// Event is the event that calls the timer's function.
func (t Timer) Event(now time.Time) Event {
	return Event{
		ID: fmt.Sprintf("%s-%d", t.ID(), now.Unix()), Phase: On, Op: string(NoticeTimer), Time: now.UTC(),
		Trigger: TriggerTimer, Timer: t.ID(),
	}
}

// Next is when the timer is to be fired after the given time, which should be
// that of its last firing or, at first, of the start. It is zero when there is
// no such time within five years.
func (t Timer) Next(after time.Time) time.Time {
	if t.Every > 0 {
		return after.Add(t.Every)
	}
	c, err := ParseCron(t.Cron)
	if err != nil {
		return time.Time{}
	}
	zone := time.Local
	if t.Zone != "" {
		if zone, err = time.LoadLocation(t.Zone); err != nil {
			return time.Time{}
		}
	}
	return c.Next(after.In(zone))
}
