package core

import (
	"testing"
	"testing/synctest"
	"time"

	"edged/core/watch"
	"edged/engine"
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

// A script that counts containers before they are known would find none.
func TestTimersWaitForTheContainers(t *testing.T) {
	every := hooks.Timer{Script: "a.lua", Index: 1, Every: time.Second}
	synctest.Test(t, func(t *testing.T) {
		scripts := &fakeScripts{answers: answers{"on timer": always(), "on boot": always()}, timers: []hooks.Timer{every}}
		workingWith(t, t.TempDir(), scripts, func(e *fakeEngine) { e.mute = true }, func(r *rig) {
			<-time.After(time.Minute)
			synctest.Wait()
			if got := r.scripts.questions(); got != "" {
				t.Fatalf("asked %q before the containers were known", got)
			}
			r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected})
			<-time.After(1500 * time.Millisecond)
			synctest.Wait()
			if got := r.scripts.questions(); got != "on boot, on timer" {
				t.Errorf("asked %q", got)
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

// A span that is longer than edged runs goes on over its restarts; a short one begins anew.
func TestLongTimersGoOn(t *testing.T) {
	long := hooks.Timer{Script: "a.lua", Index: 1, Every: 24 * time.Hour}
	short := hooks.Timer{Script: "a.lua", Index: 2, Every: 9 * time.Minute}
	synctest.Test(t, func(t *testing.T) {
		<-time.After(30 * 365 * 24 * time.Hour) // the bubble's clock begins in 2000
		dir, asked := t.TempDir(), 0
		for range 48 { // it runs for half an hour every hour
			scripts := &fakeScripts{answers: answers{"on timer": always()}, timers: []hooks.Timer{long, short}}
			workingWith(t, dir, scripts, nil, func(r *rig) {
				<-time.After(30 * time.Minute)
				synctest.Wait()
				for _, ev := range r.scripts.asked {
					if ev.Timer == long.ID() {
						asked++
					}
				}
				if n := len(r.scripts.asked); n < 3 || n > 4 {
					t.Errorf("%d timers in half an hour", n)
				}
			})
			<-time.After(30 * time.Minute)
		}
		if asked != 1 {
			t.Errorf("in two days less half an hour, a timer of a day was due %d times", asked)
		}
	})
}

// A clock that has not been set yet neither hides what is kept nor is kept itself.
func TestLongTimersAndClocks(t *testing.T) {
	all := []hooks.Timer{{Script: "a.lua", Index: 1, Every: 24 * time.Hour}}
	noon := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	s := &timers{earlier: map[string]time.Time{timerKey(all[0]): noon}}
	for i, step := range []struct {
		now time.Time
		due int
	}{
		{time.Date(1970, 1, 1, 0, 0, 5, 0, time.UTC), 0},
		{time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC), 0},
	} {
		if due, _ := s.due(all, step.now); len(due) != step.due || s.changed {
			t.Errorf("step %d: %d due", i, len(due))
		}
	}
	if kept := s.keep(all, noon.Add(time.Hour)); !kept[timerKey(all[0])].Equal(noon) {
		t.Errorf("kept %v", kept)
	}
	s = &timers{earlier: map[string]time.Time{timerKey(all[0]): noon}}
	if due, _ := s.due(all, noon.Add(23*time.Hour)); len(due) != 0 {
		t.Error("due too early")
	}
	now := noon.Add(25 * time.Hour)
	if due, _ := s.due(all, now); len(due) != 1 || !s.changed {
		t.Error("not due in its time")
	}
	if due, _ := s.due(all, now.Add(time.Minute)); len(due) != 0 {
		t.Error("due twice")
	}
	if kept := s.keep(all, now.Add(time.Minute)); !kept[timerKey(all[0])].Equal(now) {
		t.Errorf("kept %v", kept)
	}
}
