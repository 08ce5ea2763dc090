package core

import (
	"context"
	"time"

	"edged/core/state"
	"edged/hooks"
)

// keepEvery is how often it is written at most when timers were due, and the span from
// which on a timer goes on over a restart: one that is longer than a device runs between
// two power cuts would never be due.
const keepEvery = 10 * time.Minute

// firstYear is the one before which a clock can't be right.
const firstYear = 2026

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

	earlier map[string]time.Time // of long ones, as an earlier run of edged has kept it; until they are due in this one
	changed bool                 // there is something to keep
}

// due returns the timers whose time has come, each once however often it was missed,
// and how long to wait for the next.
func (s *timers) due(all []hooks.Timer, now time.Time) (due []hooks.Timer, wait time.Duration) {
	wait = timerLook
	last, next := map[string]time.Time{}, map[string]time.Time{}
	for _, t := range all {
		key := timerKey(t)
		since, known := s.last[key]
		at := s.next[key]
		// A clock that was set back would have the timer wait until it has caught up.
		if !known || now.Round(0).Before(since.Round(0)) && t.Every == 0 {
			since = now
			at = t.Next(since)
		}
		if _, begun := s.earlier[key]; !known && !begun && isLong(t) {
			s.changed = true
		}
		if !at.IsZero() && !reached(t, at, now) && !s.reachedEarlier(t, now) {
			wait = min(wait, until(t, at, now))
		} else if !at.IsZero() {
			due = append(due, t)
			since = now
			delete(s.earlier, key)
			s.changed = s.changed || isLong(t)
			at = t.Next(since)
			wait = min(wait, max(until(t, at, now), time.Second))
		}
		last[key], next[key] = since, at
	}
	s.last, s.next = last, next
	return due, wait
}

// timerKey is what a timer is known by: another interval is another timer.
func timerKey(t hooks.Timer) string { return t.ID() + " " + t.Every.String() + t.Cron + t.Zone }

// isLong reports whether a span goes on over a restart of edged.
func isLong(t hooks.Timer) bool { return t.Every >= keepEvery }

// reachedEarlier reports whether a span has passed that began in an earlier run. Only the
// clock on the wall knows; one that has not been set yet shows an earlier time.
func (s *timers) reachedEarlier(t hooks.Timer, now time.Time) bool {
	began, ok := s.earlier[timerKey(t)]
	return ok && t.Every > 0 && now.Round(0).Sub(began) >= t.Every
}

// keep is what the next run of edged is to know: when the span of each long timer began,
// by the clock as it is set now.
func (s *timers) keep(all []hooks.Timer, now time.Time) map[string]time.Time {
	kept := map[string]time.Time{}
	for _, t := range all {
		key := timerKey(t)
		if began, ok := s.earlier[key]; ok {
			kept[key] = began
		} else if last, ok := s.last[key]; ok && isLong(t) {
			kept[key] = now.Round(0).Add(-now.Sub(last)).UTC().Round(time.Second)
		}
	}
	return kept
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
	clock, written, file := &timers{}, time.Time{}, state.New(d.settings.StateDir, "timers")
	if err := file.Load(&clock.earlier); err != nil {
		d.log.Error("when timers were due is not known", "error", err)
	}
	write := func(now time.Time) {
		if !clock.changed || now.Year() < firstYear {
			return
		}
		clock.changed, written = false, now
		if err := file.Write(clock.keep(d.policy.Timers(), now)); err != nil {
			d.log.Error("when timers were due can't be kept", "error", err)
		}
	}
	route, routed := "", false
	for {
		now := time.Now()
		due, wait := clock.due(d.policy.Timers(), now)
		for _, t := range due {
			d.notices.post(t.Event(now))
		}
		if written.IsZero() || now.Sub(written) >= keepEvery {
			write(now)
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
			write(time.Now())
			return
		}
		timer.Stop()
	}
}

// reset has the timers looked at again: the scripts are others.
func (d *Daemon) reset() {
	poke(d.retime)
}
