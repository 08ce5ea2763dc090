package update

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
)

var wantedNew = request.Request{ID: "i1", Op: request.Install, Target: "db", Image: "db:1"}

// install carries wantedNew out; false if it died on the way.
func (c *client) install(ctx context.Context) (res request.Result, lived bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		res = c.updater().Install(ctx, wantedNew, func(ctx context.Context) (string, error) {
			plan := &engine.Plan{NewImage: wantedNew.Image}
			return c.CreateNext(ctx, plan, wantedNew.Target, map[string]string{LabelUpdate: wantedNew.ID})
		}, noSteps)
		lived = true
	}()
	<-done
	return res, lived
}

func fresh(name string) *client {
	w := newWorld(true)
	w.life, w.checked = lives[name].life, lives[name].checked
	return &client{world: w}
}

// A container that fails at the gate is gone afterwards, and why is known.
func TestInstall(t *testing.T) {
	for life, reason := range map[string]string{
		"runs": "", "healthy": "", "exits": "exited with code 3", "unhealthy": "is unhealthy",
	} {
		t.Run(life, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fresh(life)
				res, _ := c.install(t.Context())
				made, bad := c.now("db"), reason != ""
				if made.Running == bad || (made.ID == "") != bad {
					t.Errorf("there is %+v", made)
				}
				if bad && (res.Outcome != request.Failed || !strings.Contains(res.Reason, reason) || res.Failure == nil || len(res.Failure.Logs) != 2) {
					t.Errorf("result %+v", res)
				}
				if !bad && (res.Outcome != request.Committed || !res.Changed || res.Op != request.Install || res.Image != "db:1") {
					t.Errorf("result %+v", res)
				}
			})
		})
	}
}

// Called off, or refused by the engine, it leaves nothing behind.
func TestInstallIsCalledOff(t *testing.T) {
	for _, after := range []time.Duration{0, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			if time.AfterFunc(after, func() { cancel(ErrCalledOff) }); after == 0 {
				cancel(ErrCalledOff)
			}
			c := fresh("runs")
			if res, _ := c.install(ctx); res.Outcome != request.Cancelled || c.now("db").ID != "" {
				t.Errorf("after %s: %+v; %s", after, res, c.world)
			}
		})
	}
}

func TestInstallFailsAtEveryCall(t *testing.T) {
	var calls []string
	synctest.Test(t, func(t *testing.T) {
		c := fresh("runs")
		c.install(t.Context())
		calls = c.calls
	})
	for at, what := range calls {
		for _, f := range []fault{{err: errRefused}, {applied: true, err: engine.ErrUnreachable}} {
			t.Run(fmt.Sprintf("%d %s/%v", at, what, f.err), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := fresh("runs")
					c.fault = only(at, f)
					res, _ := c.install(t.Context())
					if is := c.now("db").Running; is != res.Outcome.OK() || !is && c.now("db").ID != "" {
						t.Errorf("%+v; %s", res, c.world)
					}
				})
			})
		}
	}
}

// TestInstallIsInterrupted: what was not started is removed by the next start, and what
// was started is gone on with when it is asked for again.
func TestInstallIsInterrupted(t *testing.T) {
	for _, tt := range []struct {
		at      string
		applied bool
		results int
		left    bool
	}{
		{"create db", false, 0, false}, {"create db", true, 1, false}, {"start new1", false, 1, false}, {"start new1", true, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := fresh("runs")
			c.fault = func(n int) *fault {
				if c.calls[n] != tt.at {
					return nil
				}
				return &fault{applied: tt.applied, dies: true}
			}
			if _, lived := c.install(t.Context()); lived {
				t.Fatalf("it lived through %s", tt.at)
			}
			results, _ := (&client{world: c.world}).recover(t.Context())
			if len(results) != tt.results || tt.results > 0 && (results[0].Outcome != request.Failed || results[0].Op != request.Install) {
				t.Errorf("%+v: recovered as %+v", tt, results)
			}
			s := c.now("db")
			if (s.ID != "") != tt.left || tt.left && !Installed(s, wantedNew.ID) {
				t.Errorf("%+v: there is %+v", tt, s)
			}
		})
	}
}

// TestInstallIsShutDown leaves a container that was made to the next start.
func TestInstallIsShutDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(ErrShutdown) })
		c := fresh("runs")
		if res, _ := c.install(ctx); res.Outcome != "" || !c.now("db").Running {
			t.Errorf("%+v; %s", res, c.world)
		}
		res := c.updater().Install(t.Context(), wantedNew, func(context.Context) (string, error) { return "new1", nil }, noSteps)
		if res.Outcome != request.Committed || c.created != 1 {
			t.Errorf("asked again: %+v", res)
		}
	})
}

// TestInstallCannotBeUndone says so.
func TestInstallCannotBeUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fresh("exits")
		c.fault = func(n int) *fault {
			if strings.HasPrefix(c.calls[n], "remove") {
				return &fault{err: errRefused}
			}
			return nil
		}
		res, _ := c.install(t.Context())
		if res.Outcome != request.Broken || !strings.Contains(res.Reason, "could not be removed") {
			t.Errorf("%+v", res)
		}
	})
}
