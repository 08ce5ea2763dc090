package core

import (
	"testing"
	"testing/synctest"
	"time"

	"edged/core/watch"
	"edged/hooks"
)

func TestTimersFire(t *testing.T) {
	every := hooks.Timer{Script: "a.lua", Index: 1, Every: 15 * time.Minute}
	restart := hooks.Answer{Script: "a.lua", Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpRestart, Target: "web"}}}
	synctest.Test(t, func(t *testing.T) {
		workingWith(t, t.TempDir(), &fakeScripts{answers: answers{"on timer": always(restart)}, timers: []hooks.Timer{every}}, nil, func(r *rig) {
			<-time.After(15*time.Minute - time.Second)
			synctest.Wait()
			if got := r.scripts.questions(); got != "" {
				t.Fatalf("asked %q before its time", got)
			}
			<-time.After(15*time.Minute + 2*time.Second)
			synctest.Wait()
			if got := r.scripts.questions(); got != "on timer, on timer" {
				t.Errorf("asked %q", got)
			}
			if ev := r.scripts.asked[0]; ev.Timer != every.ID() || ev.Trigger != hooks.TriggerTimer {
				t.Errorf("event %+v", ev)
			}
			<-time.After(2 * time.Second)
			if got := r.eng.done(); got != "restart web, restart web" {
				t.Errorf("did %q", got)
			}
		})
	})
}

func TestCrashLoopIsANotice(t *testing.T) {
	working(t, answers{"on crash_loop": always()}, nil, func(r *rig) {
		r.settings.CrashLoop = CrashLoop{Threshold: 3, Window: time.Minute, Soak: time.Minute}
		r.crashes = newCrashes(r.settings.CrashLoop)
		c := watch.Container{ID: "id-web", Name: "web", State: "exited", ExitCode: 7}
		for range 5 {
			r.chronicle(watch.Change{Container: c, Before: c, Exits: 1})
		}
		synctest.Wait()
		if got := r.scripts.questions(); got != "on crash_loop" {
			t.Fatalf("asked %q", got)
		}
		if ev := r.scripts.asked[0]; ev.Exits != 3 || ev.Window != 60 || ev.ExitCode != 7 || ev.Container.Name != "web" {
			t.Errorf("event %+v", ev)
		}
	})
}

// TestTimersAndClocks: a timer that was missed fires once, whatever the clock has done.
func TestTimersAndClocks(t *testing.T) {
	all := []hooks.Timer{{Script: "a.lua", Index: 1, Cron: "0 * * * *", Zone: "UTC"}}
	noon := time.Date(2026, 8, 1, 12, 0, 1, 0, time.UTC)
	s := &timers{}
	for i, step := range []struct {
		now time.Time
		due int
	}{
		{time.Date(1970, 1, 1, 0, 0, 5, 0, time.UTC), 0}, // first seen
		{noon, 1}, // the clock was set: years of hours make one
		{noon.Add(time.Minute), 0},
		{noon.Add(59 * time.Minute), 0},
		{noon.Add(time.Hour), 1},
		{noon.Add(9 * time.Hour), 1},  // it slept
		{noon.Add(-9 * time.Hour), 0}, // set back
		{noon.Add(-8 * time.Hour), 1}, // and goes on from there
	} {
		due, wait := s.due(all, step.now)
		if len(due) != step.due || wait <= 0 || wait > timerLook {
			t.Errorf("step %d: %d due, wait %s; want %d", i, len(due), wait, step.due)
		}
	}
	if _, wait := s.due([]hooks.Timer{{Script: "a.lua", Index: 1, Every: time.Second}}, noon); wait != time.Second {
		t.Errorf("another timer waits %s", wait)
	}
}
