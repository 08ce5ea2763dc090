package core

import (
	"context"
	"time"

	"edged/hooks"
)

// timerLook is the longest time between two looks at the clock: it may have been set,
// or have stood still while the device slept.
const timerLook = 30 * time.Second

// routeLook is how often the way to the world is looked at, while scripts want to know.
const routeLook = 5 * time.Second

// timers says when the timers of scripts are due. It is plain data that only one
// goroutine touches.
type timers struct {
	last map[string]time.Time // when each was due last, or first seen; by its id and what it waits for
	next map[string]time.Time
}

// due returns the timers whose time has come, each once however often it was missed,
// and how long to wait for the next.
func (s *timers) due(all []hooks.Timer, now time.Time) (due []hooks.Timer, wait time.Duration) {
	wait = timerLook
	last, next := map[string]time.Time{}, map[string]time.Time{}
	for _, t := range all {
		key := t.ID() + " " + t.Every.String() + t.Cron + t.Zone
		since, known := s.last[key]
		at := s.next[key]
		// A clock that was set back would have the timer wait until it has caught up.
		if !known || now.Round(0).Before(since.Round(0)) && t.Every == 0 {
			since = now
			at = t.Next(since)
		}
		if !at.IsZero() && !reached(t, at, now) {
			wait = min(wait, until(t, at, now))
		} else if !at.IsZero() {
			due = append(due, t)
			since = now
			at = t.Next(since)
			wait = min(wait, max(until(t, at, now), time.Second))
		}
		last[key], next[key] = since, at
	}
	s.last, s.next = last, next
	return due, wait
}

// reached reports whether a time has come: of spans by the clock that no jump moves,
// of times of day by the one on the wall.
func reached(t hooks.Timer, at, now time.Time) bool { return until(t, at, now) <= 0 }

func until(t hooks.Timer, at, now time.Time) time.Duration {
	if t.Every > 0 {
		return at.Sub(now)
	}
	return at.Round(0).Sub(now.Round(0))
}

// keepTime lets scripts know when their timers are due, and when the way to the world
// is another one, until ctx ends.
func (d *Daemon) keepTime(ctx context.Context) {
	clock := &timers{}
	route, routed := "", false
	for {
		now := time.Now()
		due, wait := clock.due(d.policy.Timers(), now)
		for _, t := range due {
			d.notices.post(t.Event(now))
		}
		if d.policy.Wants(hooks.On, string(hooks.NoticeNetwork)) {
			before := route
			if route = d.device.Route(); routed && route != before {
				ev := notice(hooks.NoticeNetwork, nil)
				ev.From, ev.To = before, route
				d.notices.post(ev)
			}
			routed, wait = true, min(wait, routeLook)
		} else {
			routed = false
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-d.retime:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// reset has the timers looked at again: the scripts are others.
func (d *Daemon) reset() {
	select {
	case d.retime <- struct{}{}:
	default:
	}
}
