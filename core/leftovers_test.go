package core

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/engine"
)

func TestLeftovers(t *testing.T) {
	exists := func(name string) bool { return strings.HasPrefix(name, "here") }
	l := newLeftovers()
	for _, r := range []report.Record{
		report.Alarm{Service: "gone", Type: "ContainerCrashLoop"}, // before or after the registration
		report.Service{Name: "gone"},
		report.Service{Name: "here"},
		report.Alarm{Service: "here", Type: "ContainerCrashLoop"},
		report.Alarm{Service: "here, theirs", Type: "b"},
		report.Alarm{Service: "theirs", Type: "c"},
	} {
		l.note(r)
	}
	out, alarms := l.settle(exists)
	if len(out) != 2 || out[0] != (report.Record)(report.Alarm{Service: "gone", Type: "ContainerCrashLoop"}) || out[1] != (report.Record)(report.Gone{Service: "gone"}) {
		t.Errorf("told %+v", out)
	}
	if len(alarms) != 2 {
		t.Errorf("alarms of what exists: %+v", alarms)
	}
	if out, _ := l.settle(exists); len(out) != 0 || len(l.services) != 1 || len(l.alarms) != 1 {
		t.Errorf("settled again: %+v, left %v, %v", out, l.services, l.alarms)
	}
	l.note(report.Alarm{Service: "gone", Type: "late"})
	if out, _ := l.settle(exists); len(out) != 2 || out[0] != (report.Record)(report.Alarm{Service: "gone", Type: "late"}) || out[1] != (report.Record)(report.Gone{Service: "gone"}) {
		t.Errorf("told of an alarm that came after the end of its service: %+v", out)
	}
	l.note(report.Service{Name: "theirs"}) // so it was edged's after all
	if out, _ := l.settle(exists); len(out) != 2 {
		t.Errorf("told %+v", out)
	}
}

func TestLeftoversAreBounded(t *testing.T) {
	l := newLeftovers()
	for i := range 2 * maxLeftovers {
		name := strings.Repeat("x", i+1)
		l.note(report.Service{Name: name})
		l.note(report.Alarm{Service: name})
		l.note(report.Alarm{Service: "one"})
	}
	if len(l.services) != maxLeftovers || len(l.alarms) != maxLeftovers || len(l.alarms["one"]) > maxLeftovers {
		t.Errorf("%d services, alarms of %d, %d of one", len(l.services), len(l.alarms), len(l.alarms["one"]))
	}
	if out, _ := l.settle(func(string) bool { return false }); len(out) < maxLeftovers {
		t.Errorf("%d told", len(out))
	}
	l.note(report.Service{Name: "new"})
	if out, _ := l.settle(func(string) bool { return false }); len(out) != 1 || len(l.services) != 1 {
		t.Errorf("after %d that are gone: told %+v, %d services", maxLeftovers, out, len(l.services))
	}
}

// Nothing is settled before the engine has told which containers there are; afterwards at once.
func TestLeftoversWaitForTheEngine(t *testing.T) {
	unreached := func(e *fakeEngine) { e.mute, e.away = true, 1 }
	working(t, nil, unreached, func(r *rig) {
		gone := func(service string) bool {
			synctest.Wait()
			return slices.Contains(r.told.all(), (report.Record)(report.Gone{Service: service}))
		}
		r.Left(report.Service{Name: "web"})
		r.Left(report.Service{Name: "gone"})
		r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected})
		if gone("gone") {
			t.Error("cleared before the engine was listed")
		}
		<-time.After(2 * time.Second)
		if !gone("gone") || gone("web") {
			t.Errorf("told %+v", r.told.all())
		}
		r.Left(report.Service{Name: "later"})
		if !gone("later") {
			t.Error("not cleared when it was found later")
		}
	})
}
