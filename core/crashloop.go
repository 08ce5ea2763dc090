package core

import (
	"fmt"
	"time"

	"edged/core/report"
	"edged/core/watch"
)

// crashLoopAlarm is the alarm of a container that ends again and again.
const crashLoopAlarm = "ContainerCrashLoop"

// CrashLoop says when a container counts as one that ends again and again.
type CrashLoop struct {
	Threshold int           // so many ends; 0: no alarms
	Window    time.Duration // within this time
	Soak      time.Duration // the alarm is cleared when it has run for so long, and well if it has a healthcheck
}

// crashes counts ends and keeps the alarms. It is plain data that only the core loop
// touches.
type crashes struct {
	limits CrashLoop
	loops  map[string]*crashLoop // by service
}

type crashLoop struct {
	ends   []time.Time // within the window, at most as many as the threshold
	code   int         // of the last
	raised bool
	since  time.Time // when it began to run well; zero: it does not
}

func newCrashes(limits CrashLoop) *crashes {
	return &crashes{limits: limits, loops: map[string]*crashLoop{}}
}

// note takes in a change of one of the service's containers. What ends and is not
// started again, or is stopped by a signal that asks for it, has not crashed.
func (s *crashes) note(ch watch.Change, service string, now time.Time) []report.Record {
	c := ch.Container
	l := s.loops[service]
	if ch.Gone {
		delete(s.loops, service)
		if l == nil || !l.raised {
			return nil
		}
		return []report.Record{report.Alarm{Service: service, Type: crashLoopAlarm, Time: now}}
	}
	if l == nil {
		if ch.Exits == 0 {
			return nil
		}
		l = &crashLoop{}
		s.loops[service] = l
	}
	if !runsWell(c) {
		l.since = time.Time{}
	} else if l.since.IsZero() || ch.Exits > 0 {
		l.since = now
	}
	if ch.Exits > 0 && crashed(c) {
		return s.end(l, service, ch, now)
	}
	return nil
}

// end counts ends and raises the alarm when there are too many.
func (s *crashes) end(l *crashLoop, service string, ch watch.Change, now time.Time) []report.Record {
	l.code = ch.Container.ExitCode
	for range min(ch.Exits, s.limits.Threshold) {
		l.ends = append(l.ends, now)
	}
	for len(l.ends) > 0 && (now.Sub(l.ends[0]) > s.limits.Window || len(l.ends) > s.limits.Threshold) {
		l.ends = l.ends[1:]
	}
	if l.raised || s.limits.Threshold == 0 || len(l.ends) < s.limits.Threshold {
		return nil
	}
	l.raised = true
	text := fmt.Sprintf("%s has ended %d times within %s, the last time with exit code %d",
		ch.Container.Name, len(l.ends), now.Sub(l.ends[0]).Round(time.Second), l.code)
	return []report.Record{report.Alarm{Service: service, Type: crashLoopAlarm, Severity: report.Major, Text: text, Time: now}}
}

// adopt takes over an alarm that an earlier run of edged has raised.
func (s *crashes) adopt(service string, runsWell bool, now time.Time) {
	l := s.loops[service]
	if l == nil {
		l = &crashLoop{}
		s.loops[service] = l
	}
	l.raised = true
	if runsWell && l.since.IsZero() {
		l.since = now
	}
}

// due clears the alarms of what has run long enough, forgets what has not ended for
// long, and says when to look again.
func (s *crashes) due(now time.Time) (out []report.Record, next time.Duration) {
	next = time.Hour
	for service, l := range s.loops {
		wait := l.since.Add(s.limits.Soak).Sub(now)
		switch {
		case l.since.IsZero() && l.raised:
		case l.raised && wait > 0:
			next = min(next, wait)
		case l.raised:
			delete(s.loops, service)
			out = append(out, report.Alarm{Service: service, Type: crashLoopAlarm, Time: now})
		case len(l.ends) == 0 || now.Sub(l.ends[len(l.ends)-1]) > s.limits.Window:
			delete(s.loops, service)
		default:
			next = min(next, s.limits.Window)
		}
	}
	return out, next
}

func runsWell(c watch.Container) bool {
	return c.State == "running" && (c.Health == "" || c.Health == "healthy")
}

// crashed reports whether a container that has ended did so of itself.
func crashed(c watch.Container) bool {
	if c.OOM {
		return true
	}
	switch c.ExitCode {
	case 130, 137, 143: // by SIGINT, SIGKILL or SIGTERM: somebody stopped it
		return false
	case 0:
		return c.State == "running" || c.State == "restarting"
	default:
		return true
	}
}
