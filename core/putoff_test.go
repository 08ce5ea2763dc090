package core

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/api"
	"edged/core/report"
	"edged/core/request"
	"edged/core/state"
	"edged/hooks"
)

// asMQTT is a request as the broker has handed it in.
func asMQTT(id string, op request.Op) request.Request {
	return request.Request{
		ID: id, Op: op, Target: "web", Image: "app:2", Actor: request.ActorMQTT, Trigger: hooks.TriggerCommand,
		Options: request.Options{StopTimeout: request.Duration(7 * time.Second), Env: []string{"A=1"}}, Extra: json.RawMessage(`{"mine":1}`),
	}
}

func TestDeferralOutlivesEdged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		workingIn(t, dir, answers{"before stop": always(sayDefer)}, nil, func(r *rig) {
			r.do(asMQTT("1", request.Stop))
			<-time.After(61 * time.Second) // put off twice
		})
		<-time.After(20 * time.Second)
		workingIn(t, dir, answers{"before stop": untilAttempt(3), "after stop": always()}, nil, func(r *rig) {
			if got := r.told.outcomes("1"); got != "deferred" || r.scripts.questions() != "" {
				t.Fatalf("at the start: told %q, asked %q", got, r.scripts.questions())
			}
			r.Interrupted(asMQTT("1", request.Stop)) // the broker has kept it, too
			<-time.After(41 * time.Second)
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "deferred deferred" {
				t.Errorf("told %q", got)
			}
			<-time.After(time.Minute)
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "deferred deferred committed" {
				t.Errorf("told %q", got)
			}
			if got := r.eng.done(); got != "stop web in 7s" {
				t.Errorf("did %q", got)
			}
			first := r.scripts.asked[0]
			if first.Attempt != 2 || first.Actor != request.ActorMQTT || first.Trigger != hooks.TriggerCommand || first.DeferredFor < 120 || first.DeferredFor > 123 {
				t.Errorf("asked again as %+v", first)
			}
			for _, rec := range r.told.records {
				if c, ok := rec.(report.Command); ok && string(c.Request.Extra) != `{"mine":1}` {
					t.Errorf("told without the requester's fields: %+v", c)
				}
			}
		})
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

// TestOtherScriptsAreAskedAtOnce: they may see no need to wait.
func TestOtherScriptsAreAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := deferral{Request: asMQTT("1", request.Stop), Attempt: 1, Asked: time.Now().UTC(), Delay: time.Hour}
		if err := state.New(dir, "deferred").Write(deferralFile{Revision: "other", Deferred: []deferral{p}}); err != nil {
			t.Fatal(err)
		}
		workingIn(t, dir, answers{"before stop": always(sayAllow)}, nil, func(r *rig) {
			if got := r.told.outcomes("1"); got != "deferred committed" {
				t.Errorf("told %q", got)
			}
		})
	})
}

// TestClockOfTheDevice: the state says that it was put off for an hour at a time that
// the clock has yet to come to, or has long passed.
func TestClockOfTheDevice(t *testing.T) {
	hour := func(asked time.Time) deferral {
		return deferral{Request: asMQTT("1", request.Stop), Actor: request.ActorMQTT, Attempt: 1, Asked: asked, Delay: time.Hour}
	}
	tests := map[string]struct {
		asked time.Duration // from the clock's time at the start of edged
		later time.Duration // until it is asked again
	}{
		"the clock is right":           {-20 * time.Minute, 40 * time.Minute},
		"it was off for long":          {-30 * 24 * time.Hour, 0},
		"the clock begins in 1970":     {20 * 365 * 24 * time.Hour, time.Hour},
		"the clock gets a little back": {30 * time.Second, time.Hour + 40*time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				p := hour(time.Now().Add(tt.asked).UTC().Round(0))
				if err := state.New(dir, "deferred").Write(deferralFile{Deferred: []deferral{p}}); err != nil {
					t.Fatal(err)
				}
				workingIn(t, dir, answers{"before stop": always(sayAllow)}, nil, func(r *rig) {
					if tt.later > 0 {
						<-time.After(tt.later - 15*time.Second)
						synctest.Wait()
						if got := r.scripts.questions(); got != "" {
							t.Errorf("asked too early: %q", got)
						}
						<-time.After(16 * time.Second)
					}
					synctest.Wait()
					if got := r.told.outcomes("1"); got != "deferred committed" {
						t.Errorf("told %q", got)
					}
					if d := r.scripts.asked[0].DeferredFor; d > 2*3600 {
						t.Errorf("deferred for %v s", d)
					}
				})
			})
		})
	}
}

func TestDeferralIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		long := sayDefer
		long.Delay = 15 * time.Hour
		alarms := func(r *rig) (out []string) {
			for _, rec := range r.told.records {
				if a, ok := rec.(report.Alarm); ok && a.Type == alarmDeferLimit {
					out = append(out, a.Service+": "+a.Text)
				}
			}
			return out
		}
		workingIn(t, dir, answers{"before stop": always(long)}, nil, func(r *rig) {
			r.do(asMQTT("1", request.Stop))
			<-time.After(16 * time.Hour)
		})
		workingIn(t, dir, answers{"before stop": always(long)}, nil, func(r *rig) {
			<-time.After(7 * time.Hour)
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "deferred" {
				t.Errorf("told %q before a day was over", got)
			}
			<-time.After(2 * time.Hour)
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "deferred denied" {
				t.Errorf("told %q", got)
			}
			if got := alarms(r); len(got) != 1 || !strings.HasPrefix(got[0], "web: ") || !strings.Contains(got[0], "24h") {
				t.Errorf("alarms %q", got)
			}
		})
		workingIn(t, dir, answers{"before stop": always(sayAllow)}, nil, func(r *rig) {
			r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"})
			if got := alarms(r); len(got) != 2 || !strings.Contains(got[0], "24h") || got[1] != "web: " {
				t.Errorf("alarms %q, want the old one, and then that it is over", got)
			}
		})
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestWake(t *testing.T) {
	working(t, answers{"before stop": untilAttempt(2)}, nil, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Stop, Target: "web"})
		r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"})
		if n, err := r.Wake("3"); n != 0 || !errors.Is(err, api.ErrNotFound) {
			t.Errorf("woke %d of a name that nobody has", n)
		}
		if n, err := r.Wake("1"); n != 1 || err != nil {
			t.Errorf("woke %d", n)
		}
		synctest.Wait()
		if one, two := r.told.outcomes("1"), r.told.outcomes("2"); one != "deferred deferred" || two != "deferred" {
			t.Errorf("told %q and %q", one, two)
		}
		if n, err := r.Wake(""); n != 2 || err != nil {
			t.Errorf("woke %d of 2", n)
		}
		synctest.Wait()
		<-time.After(busyRetry + time.Millisecond) // they want the same container
		synctest.Wait()
		if one, two := r.told.outcomes("1"), r.told.outcomes("2"); one != "deferred deferred committed" || two != "deferred deferred" {
			t.Errorf("told %q and %q", one, two)
		}
	})
}

func TestPullInAdvance(t *testing.T) {
	tests := map[string]struct {
		request request.Request
		pull    hooks.Answer
		did     string
	}{
		"an update":             {request.Request{Op: request.Update, Target: "web", Image: "app:2"}, sayAllow, "pull app:2 3 times"},
		"of the present image":  {request.Request{Op: request.Update, Target: "web"}, sayAllow, "pull app:1 3 times"},
		"scripts are against":   {request.Request{Op: request.Update, Target: "web", Image: "app:2"}, sayDefer, ""},
		"the requester is":      {request.Request{Op: request.Update, Target: "web", Image: "app:2", Options: request.Options{NoPull: true}}, sayAllow, ""},
		"it is only a check":    {request.Request{Op: request.Update, Target: "web", Image: "app:2", Options: request.Options{Check: true}}, sayAllow, ""},
		"from a mirror":         {request.Request{Op: request.Update, Target: "web", Image: "app:2"}, modify("image", "mirror/app:2"), "pull mirror/app:2 3 times"},
		"nothing is to be made": {request.Request{Op: request.Remove, Target: "web"}, sayAllow, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			later := answers{"before update": always(sayDefer), "before remove": always(sayDefer), "before pull": always(tt.pull)}
			working(t, later, nil, func(r *rig) {
				tt.request.ID = "1"
				if res := r.do(tt.request); res.Outcome != request.Deferred {
					t.Fatalf("result %+v", res)
				}
				<-time.After(150 * time.Second) // it is asked about twice more
				synctest.Wait()
				if got := r.eng.done(); got != tt.did {
					t.Errorf("the engine did %q, want %q", got, tt.did)
				}
			})
		})
	}
}

// TestBrokenStateOfDeferrals: what can't be read is kept for people, and edged goes on.
func TestBrokenStateOfDeferrals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "deferred.json"), []byte(`{"deferred":[{"asked":"soon"}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		workingIn(t, dir, answers{"before stop": untilAttempt(1)}, nil, func(r *rig) {
			r.do(asMQTT("1", request.Stop))
			<-time.After(2 * time.Minute)
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "deferred committed" {
				t.Errorf("told %q", got)
			}
		})
		if _, err := os.Stat(filepath.Join(dir, "deferred.json.broken")); err != nil {
			t.Error(err)
		}
	})
}

// TestDeferralIsWrittenSeldom: a script that defers by a second all the time wears no flash out.
func TestDeferralIsWrittenSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		short := sayDefer
		short.Delay = time.Second
		workingIn(t, dir, answers{"before stop": always(short)}, nil, func(r *rig) {
			r.do(asMQTT("1", request.Stop))
			writes, last := 1, modified(t, dir)
			for range 600 {
				<-time.After(time.Second)
				synctest.Wait()
				if now := modified(t, dir); now != last {
					writes, last = writes+1, now
				}
			}
			if writes < 5 || writes > 11 {
				t.Errorf("written %d times in ten minutes", writes)
			}
		})
	})
}

// modified tells one writing of the state from another.
func modified(t *testing.T, dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "deferred.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
