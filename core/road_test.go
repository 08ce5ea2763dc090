package core

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/engine"
	"edged/hooks"
)

type answers = map[string]func(hooks.Event) []hooks.Answer

var (
	sayAllow = hooks.Answer{Verdict: hooks.VerdictAllow}
	sayDeny  = hooks.Answer{Verdict: hooks.VerdictDeny, Reason: "not today"}
	sayDefer = hooks.Answer{Verdict: hooks.VerdictDefer, Delay: time.Minute, Reason: "later"}
)

func modify(field string, value any) hooks.Answer {
	return hooks.Answer{Verdict: hooks.VerdictModify, Patch: map[string]any{field: value}}
}

func TestRoad(t *testing.T) {
	tests := map[string]struct {
		answers answers
		request request.Request
		outcome request.Outcome
		reason  string
		did     string // by the engine
		asked   string // of the scripts
	}{
		"stop":    {nil, request.Request{Op: request.Stop, Target: "web"}, request.Committed, "", "stop web", ""},
		"start":   {nil, request.Request{Op: request.Start, Target: "web"}, request.Committed, "", "start web", ""},
		"restart": {nil, request.Request{Op: request.Restart, Target: "web"}, request.Committed, "", "restart web", ""},
		"remove":  {nil, request.Request{Op: request.Remove, Target: "web"}, request.Committed, "", "stop web, remove web", ""},
		"remove nothing": {
			nil, request.Request{Op: request.Remove, Target: "db"}, request.Unchanged, "", "stop db", "",
		},
		"pull":      {nil, request.Request{Op: request.Pull, Image: "app:2"}, request.Committed, "", "pull app:2 3 times", ""},
		"not there": {nil, request.Request{Op: request.Stop, Target: "db"}, request.NotFound, "db", "", ""},
		"no target": {nil, request.Request{Op: request.Stop}, request.Invalid, "container is missing", "", ""},
		"no such thing": {
			nil, request.Request{Op: "dance", Target: "web"}, request.Invalid, `unknown operation "dance"`, "", "",
		},
		"bad image": {nil, request.Request{Op: request.Pull, Image: "A B"}, request.Failed, "A B", "", ""},
		"check of a stop": {
			nil, request.Request{Op: request.Stop, Target: "web", Options: request.Options{Check: true}}, request.Invalid, "check", "", "",
		},
		"denied": {
			answers{"before stop": always(sayDeny), "after stop": always()},
			request.Request{Op: request.Stop, Target: "web"}, request.Denied, "stop denied by policy: not today", "", "before stop",
		},
		"allowed and told": {
			answers{"before stop": always(sayAllow), "after stop": always()},
			request.Request{Op: request.Stop, Target: "web"}, request.Committed, "", "stop web", "before stop, after stop",
		},
		"modified": {
			answers{"before stop": always(modify("stop_timeout", "5s"))},
			request.Request{Op: request.Stop, Target: "web"}, request.Committed, "", "stop web in 5s", "before stop",
		},
		"modified beyond sense": {
			answers{"before stop": always(modify("colour", "red"))},
			request.Request{Op: request.Stop, Target: "web"}, request.Failed, "colour", "", "before stop",
		},
		"mirror": {
			answers{"before pull": always(modify("image", "mirror/app:2"), modify("attempts", 7.0))},
			request.Request{Op: request.Pull, Image: "app:2"}, request.Committed, "", "pull mirror/app:2 7 times", "before pull",
		},
		"install": {
			answers{"before create": always(sayAllow), "before pull": always(sayAllow), "after create": always()},
			request.Request{Op: request.Install, Target: "db", Image: "db:1"}, request.Committed, "",
			"pull db:1 3 times, create db of db:1, start id-db", "before create, before pull, after create",
		},
		"install, pull denied": {
			answers{"before pull": always(sayDeny)},
			request.Request{Op: request.Install, Target: "db", Image: "db:1"}, request.Denied, "pull denied by policy", "", "before pull",
		},
		"install what is there": {
			answers{"before create": always(sayDeny), "before update": always(sayAllow), "after update": always()},
			request.Request{Op: request.Install, Target: "web", Image: "app:2"}, request.Unchanged, "",
			"pull app:2 3 times, plan web of app:2", "before update, after update",
		},
		"install what is there, update denied": {
			answers{"before update": always(sayDeny)},
			request.Request{Op: request.Install, Target: "web", Image: "app:2"}, request.Denied, "update denied", "", "before update",
		},
		"check of an install": {
			nil, request.Request{Op: request.Install, Target: "db", Image: "db:1", Options: request.Options{Check: true}}, request.Needed, "", "", "",
		},
		"update, same image again": {
			nil, request.Request{Op: request.Update, Target: "web"}, request.Unchanged, "", "pull app:1 3 times, plan web of app:1", "",
		},
		"update, no pull": {
			nil, request.Request{Op: request.Update, Target: "web", Options: request.Options{NoPull: true}}, request.Unchanged, "", "plan web of app:1", "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			working(t, tt.answers, nil, func(r *rig) {
				tt.request.ID = "1"
				res := r.do(tt.request)
				if res.Outcome != tt.outcome || !strings.Contains(res.Reason, tt.reason) {
					t.Errorf("outcome %s (%s), want %s (%s)", res.Outcome, res.Reason, tt.outcome, tt.reason)
				}
				if res.ID != "1" || res.Op != tt.request.Op || res.Target != tt.request.Target || res.Started.IsZero() || res.Finished.IsZero() {
					t.Errorf("result %+v", res)
				}
				if got := r.eng.done(); got != tt.did {
					t.Errorf("the engine did %q, want %q", got, tt.did)
				}
				if got := r.scripts.questions(); got != tt.asked {
					t.Errorf("the scripts were asked %q, want %q", got, tt.asked)
				}
				if got := r.told.outcomes("1"); got != string(tt.outcome) {
					t.Errorf("told %q, want %s", got, tt.outcome)
				}
			})
		})
	}
}

// untilAttempt defers a question until it has been asked n times.
func untilAttempt(n int) func(hooks.Event) []hooks.Answer {
	return func(ev hooks.Event) []hooks.Answer {
		if ev.Attempt < n {
			return []hooks.Answer{sayDefer}
		}
		return []hooks.Answer{sayAllow}
	}
}

func TestDeferral(t *testing.T) {
	working(t, answers{"before stop": untilAttempt(2), "after stop": always()}, nil, func(r *rig) {
		begun := time.Now()
		res := r.do(request.Request{ID: "1", Op: request.Stop, Target: "web"})
		if res.Outcome != request.Deferred || res.Until.Sub(begun) != time.Minute {
			t.Fatalf("result %+v, want deferred for a minute", res)
		}
		if running := r.Status().Requests; len(running) != 1 || !running[0].Until.Equal(res.Until) {
			t.Errorf("running %+v, want it until %s", running, res.Until)
		}
		if other := r.do(request.Request{ID: "2", Op: request.Start, Target: "web"}); other.Outcome != request.Committed {
			t.Errorf("what is put off keeps others from its target: %+v", other)
		}
		<-time.After(2*time.Minute + time.Second)
		synctest.Wait()
		if got := r.told.outcomes("1"); got != "deferred deferred committed" {
			t.Errorf("told %q", got)
		}
		if got := r.scripts.questions(); got != "before stop, before stop, before stop, after stop" {
			t.Errorf("asked %q", got)
		}
		if last := r.scripts.asked[2]; last.Attempt != 2 || last.DeferredFor != 120 || last.ID != "1" {
			t.Errorf("the last question was %+v", last)
		}
	})
}

func TestFailedHookHoldsThreeTimes(t *testing.T) {
	fails := hooks.Answer{Script: "a.lua", Line: 1, Verdict: hooks.VerdictError, Reason: "boom"}
	working(t, answers{"before remove": always(fails)}, nil, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Remove, Target: "web"})
		<-time.After(5 * time.Minute)
		synctest.Wait()
		if got := r.told.outcomes("1"); got != "deferred deferred deferred denied" || r.eng.done() != "" {
			t.Errorf("told %q, did %q", got, r.eng.done())
		}
	})
}

func TestDeferralIsCalledOff(t *testing.T) {
	working(t, answers{"before stop": always(sayDefer)}, nil, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Stop, Target: "web"})
		if err := r.Cancel("1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.do(request.Request{ID: "2", Op: request.Stop, Target: "web", Actor: request.ActorMQTT})
		r.Cleared(request.Request{Op: request.Stop, ID: "2"})
		<-time.After(time.Hour)
		if got := r.told.outcomes("1"); got != "deferred cancelled" {
			t.Errorf("cancelled: told %q", got)
		}
		if got := r.told.outcomes("2"); got != "deferred" {
			t.Errorf("cleared: told %q", got)
		}
		if n := len(r.Status().Requests); n != 0 || r.eng.done() != "" {
			t.Errorf("%d requests run on, the engine did %q", n, r.eng.done())
		}
	})
}

// TestClearedWhileDone: what has begun goes on, also when it was put off before.
func TestClearedWhileDone(t *testing.T) {
	slow := func(e *fakeEngine) { e.pulling = make(chan struct{}) }
	working(t, answers{"before pull": untilAttempt(1)}, slow, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Pull, Image: "app:2", Actor: request.ActorMQTT})
		<-time.After(time.Minute + time.Millisecond)
		synctest.Wait()
		j := r.requests.find(request.Request{Op: request.Pull, ID: "1"})
		r.Cleared(request.Request{Op: request.Pull, ID: "1"})
		synctest.Wait()
		close(r.eng.pulling)
		<-j.ended
		if j.result.Outcome != request.Committed {
			t.Errorf("outcome %s, want committed", j.result.Outcome)
		}
		if got := r.told.outcomes("1"); got != "deferred" {
			t.Errorf("told %q after it was cleared", got)
		}
	})
}

func TestWhatHasBegunIsNotBrokenOff(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		r.Submit(request.Request{ID: "1", Op: request.Restart, Target: "web"})
		synctest.Wait()
		if err := r.Cancel("1"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if got := r.told.outcomes("1"); got != "committed" {
			t.Errorf("told %q: a restart that was called off halfway", got)
		}
	})
}

func TestShutdownDuringAPull(t *testing.T) {
	working(t, answers{"before stop": always(sayDefer)}, func(e *fakeEngine) { e.pulling = make(chan struct{}) }, func(r *rig) {
		r.Submit(request.Request{ID: "pull", Op: request.Pull, Image: "app:2"})
		r.Submit(request.Request{ID: "update", Op: request.Update, Target: "web", Image: "app:2"})
		r.Submit(request.Request{ID: "late", Op: request.Start, Target: "web", After: time.Hour})
		r.do(request.Request{ID: "deferred", Op: request.Stop, Target: "other"})
		synctest.Wait()
		r.stop()
		_, err := r.Do(r.Context(), request.Request{ID: "pull", Op: request.Pull, Image: "app:2"}, nil)
		if !errors.Is(err, update.ErrShutdown) {
			t.Errorf("who waits hears %v", err)
		}
		r.requests.wait.Wait()
		for _, id := range []string{"pull", "update", "late"} {
			if got := r.told.outcomes(id); got != "" {
				t.Errorf("%s: told %q of a request that is not over", id, got)
			}
		}
	})
}

func TestCancelledPull(t *testing.T) {
	working(t, nil, func(e *fakeEngine) { e.pulling = make(chan struct{}) }, func(r *rig) {
		r.Submit(request.Request{ID: "1", Op: request.Install, Target: "db", Image: "db:1"})
		synctest.Wait()
		r.Submit(request.Request{ID: "2", Op: request.Pull, Image: "app:2"}) // waits for a place
		synctest.Wait()
		for _, id := range []string{"2", "1"} {
			if err := r.Cancel(id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := r.told.outcomes(id); got != "cancelled" {
				t.Errorf("%s: told %q", id, got)
			}
		}
		if got := r.eng.done(); got != "pull db:1 3 times" {
			t.Errorf("the engine did %q", got)
		}
	})
}

// A broker that did not hear that the update had begun gives its command anew, before edged has looked at the engine.
func TestInterruptedUpdateIsAskedForAnew(t *testing.T) {
	for _, op := range []request.Op{request.Update, request.Install} {
		interrupted := func(e *fakeEngine) {
			e.away = 2 // the engine is not up yet when edged is
			e.interrupt("u1")
		}
		working(t, nil, interrupted, func(r *rig) {
			r.Submit(request.Request{ID: "u1", Op: op, Target: "web", Image: "app:2", Actor: request.ActorMQTT})
			<-time.After(10 * time.Second)
			synctest.Wait()
			if got := r.told.outcomes("u1"); got != "rolled-back" {
				t.Errorf("%s: told %q", op, got)
			}
			if now := r.eng.containers["web"]; len(r.eng.containers) != 1 || now == nil || now.ID != "id-web" || now.Status != "running" {
				t.Errorf("%s: containers %v", op, r.eng.containers)
			}
			res := r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"})
			if res.Outcome != request.Committed {
				t.Errorf("%s: afterwards %+v", op, res)
			}
		})
	}
}

func TestInterruptedUpdateOwnsItsContainer(t *testing.T) {
	interrupted := func(e *fakeEngine) {
		e.away = 2 // the engine is not up yet when edged is
		e.containers["web"].Name = "web" + update.SuffixPrev
		e.containers["web"+update.SuffixPrev] = e.containers["web"]
		e.containers["web"] = &engine.State{ID: "id-new", Name: "web", Image: "app:2", Status: "created", Labels: map[string]string{
			update.LabelReplaces: "id-web", update.LabelUpdate: "u1", update.LabelWasRunning: "true",
		}}
	}
	working(t, nil, interrupted, func(r *rig) {
		// The broker still has the install that the update came of.
		r.Interrupted(request.Request{ID: "u1", Op: request.Install, Target: "web", Image: "app:2", Actor: request.ActorMQTT})
		res := r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"})
		if res.Outcome != request.Conflict || !strings.Contains(res.Reason, "u1") {
			t.Errorf("result %+v, want a conflict with u1", res)
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		if got := r.told.outcomes("u1"); got != "committed committed" {
			t.Errorf("told %q, want committed as the update and as the install", got)
		}
		if _, ok := r.eng.containers["web"+update.SuffixPrev]; ok || r.eng.containers["web"].ID != "id-new" {
			t.Errorf("containers: %v", r.eng.containers)
		}
	})
}
