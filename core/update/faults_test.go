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

// lives are what the new container may do.
var lives = map[string]struct {
	checked bool
	life    func(w *world, id string)
}{
	"runs":    {false, nil},
	"exits":   {false, func(w *world, id string) { w.soon(id, time.Second, func(s *engine.State) { w.exit(s, 3) }) }},
	"healthy": {true, func(w *world, id string) { w.soon(id, 3*time.Second, func(s *engine.State) { w.health(s, "healthy") }) }},
	"unhealthy": {true, func(w *world, id string) {
		w.soon(id, 3*time.Second, func(s *engine.State) { w.health(s, "unhealthy") })
	}},
}

func (w *world) health(s *engine.State, word string) {
	s.Health = word
	w.emit(s.ID, engine.Event{Action: engine.ActionHealth, Health: word})
}

// everyLife runs test in a bubble for each life and strategy, for containers that
// ran and ones that did not.
func everyLife(t *testing.T, test func(t *testing.T, fresh func() *client, running bool)) {
	for name, l := range lives {
		for _, strategy := range []string{request.Replace, request.Handover} {
			for _, running := range []bool{true, false} {
				if !running && name != "runs" {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/running=%v", name, strategy, running), func(t *testing.T) {
					test(t, func() *client {
						w := newWorld(running)
						w.life, w.checked = l.life, l.checked
						return &client{world: w, strategy: strategy}
					}, running)
				})
			}
		}
	}
}

// callsOf counts what an update without faults calls.
func callsOf(t *testing.T, fresh func() *client) (calls []string) {
	synctest.Test(t, func(t *testing.T) {
		c := fresh()
		c.update(t.Context())
		calls = c.calls
	})
	if len(calls) < 8 {
		t.Fatalf("an update that calls only %v", calls)
	}
	return calls
}

func only(at int, f fault) func(int) *fault {
	return func(n int) *fault {
		if n == at {
			return &f
		}
		return nil
	}
}

func TestEveryCallFails(t *testing.T) {
	away := func(from int) func(int) *fault {
		return func(n int) *fault {
			if n >= from && n < from+20 {
				return &fault{err: engine.ErrUnreachable}
			}
			return nil
		}
	}
	kinds := map[string]func(at int) func(int) *fault{
		"refused":             func(at int) func(int) *fault { return only(at, fault{err: errRefused}) },
		"unreachable":         func(at int) func(int) *fault { return only(at, fault{err: engine.ErrUnreachable}) },
		"applied, then lost":  func(at int) func(int) *fault { return only(at, fault{applied: true, err: engine.ErrUnreachable}) },
		"applied, yet failed": func(at int) func(int) *fault { return only(at, fault{applied: true, err: errRefused}) },
		"away for a while":    away,
	}
	everyLife(t, func(t *testing.T, fresh func() *client, running bool) {
		calls := callsOf(t, fresh)
		for kind, faultAt := range kinds {
			for at, what := range calls {
				t.Run(fmt.Sprintf("%s/%d %s", kind, at, what), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c := fresh()
						c.fault = faultAt(at)
						res, _ := c.update(t.Context())
						if res.Outcome == "" || res.Outcome == request.Broken {
							t.Errorf("outcome %q: %s", res.Outcome, res.Reason)
						}
						c.whole(t, running, res.Outcome)
						c.outcomeIsHonest(t, res)
					})
				})
			}
		}
	})
}

// outcomeIsHonest tells a failure that touched nothing from a rollback.
func (c *client) outcomeIsHonest(t *testing.T, res request.Result) {
	t.Helper()
	if stopped := !c.now("old").FinishedAt.IsZero(); stopped && res.Outcome != request.RolledBack {
		t.Errorf("outcome %s, though the old container was stopped", res.Outcome)
	}
}

func TestEveryCallIsTheLast(t *testing.T) {
	reboots := map[string]func(w *world){
		"killed":             func(*world) {},
		"power cut":          func(w *world) { w.reboot(false) },
		"power cut, restart": func(w *world) { w.reboot(true) },
	}
	everyLife(t, func(t *testing.T, fresh func() *client, running bool) {
		calls := callsOf(t, fresh)
		for how, reboot := range reboots {
			for at, what := range calls {
				for _, applied := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%d %s/applied=%v", how, at, what, applied), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							c := fresh()
							c.fault = only(at, fault{applied: applied, dies: true})
							if _, lived := c.update(t.Context()); lived {
								t.Fatal("it lived")
							}
							reboot(c.world)
							c.recoverWhole(t, running)
						})
					})
				}
			}
		}
	})
}

// recoverWhole recovers and looks at what came of it.
func (c *client) recoverWhole(t *testing.T, running bool) {
	t.Helper()
	asIs := c.now(theName).Running
	next := &client{world: c.world}
	results, _ := next.recover(t.Context())
	switch len(results) {
	case 0: // nothing to recover: what a reboot did to it is the engine's affair
		c.whole(t, asIs, "")
	case 1:
		if results[0].ID != wanted.ID || results[0].Target != theName || results[0].Outcome == "" {
			t.Errorf("recovered as %+v", results[0])
		}
		c.whole(t, running, results[0].Outcome)
	default:
		t.Errorf("%d updates recovered, want at most one", len(results))
	}
	if again, _ := (&client{world: c.world}).recover(t.Context()); len(again) != 0 {
		t.Errorf("the next start recovers again: %+v", again)
	}
}

// TestRecoveryIsInterruptedToo dies at every call of the recovery of an update that
// died at every call.
func TestRecoveryIsInterruptedToo(t *testing.T) {
	everyLife(t, func(t *testing.T, fresh func() *client, running bool) {
		calls := callsOf(t, fresh)
		for at := range calls {
			for _, applied := range []bool{false, true} {
				died := true
				for again := 0; died; again++ {
					synctest.Test(t, func(t *testing.T) {
						c := fresh()
						c.fault = only(at, fault{applied: applied, dies: true})
						c.update(t.Context())
						second := &client{world: c.world, fault: only(again, fault{applied: applied, dies: true})}
						_, lived := second.recover(t.Context())
						died = !lived
						c.recoverWhole(t, running)
						if t.Failed() {
							t.Logf("died at %d %s, then at %d of %v, applied %v", at, calls[at], again, second.calls, applied)
						}
					})
				}
			}
		}
	})
}

// TestShutdownAtEveryCall ends edged at every call; the engine answers on, or goes
// away at the same time.
func TestShutdownAtEveryCall(t *testing.T) {
	everyLife(t, func(t *testing.T, fresh func() *client, running bool) {
		calls := callsOf(t, fresh)
		for at, what := range calls {
			for _, away := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d %s/away=%v", at, what, away), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c := fresh()
						ctx, stop := context.WithCancelCause(t.Context())
						c.fault = func(n int) *fault {
							if n == at {
								stop(ErrShutdown)
							}
							if n >= at && away {
								return &fault{err: engine.ErrUnreachable}
							}
							return nil
						}
						begun := time.Now()
						res, _ := c.update(ctx)
						if took := time.Since(begun); took > 2*time.Minute {
							t.Errorf("edged took %s to end", took)
						}
						if res.Outcome != "" {
							c.whole(t, running, res.Outcome)
							return
						}
						c.recoverWhole(t, running)
					})
				})
			}
		}
	})
}

func TestCancelAtEveryStep(t *testing.T) {
	want := map[string]request.Outcome{
		"create": request.Cancelled, "stop": request.RolledBack, "retire": request.RolledBack,
		"promote": request.RolledBack, "start": request.RolledBack, "gate": request.RolledBack, "commit": request.Committed,
	}
	for step, outcome := range want {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{world: newWorld(true)}
				ctx, cancel := context.WithCancelCause(t.Context())
				res := c.updater().Update(ctx, wanted, func(p request.Progress) {
					if p.Step == step {
						cancel(context.Canceled)
					}
				})
				if res.Outcome != outcome {
					t.Errorf("outcome %s (%s), want %s", res.Outcome, res.Reason, outcome)
				}
				c.whole(t, true, res.Outcome)
			})
		})
	}
}

func TestEngineThatNeverStartsTheOldOneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		c.life = func(w *world, id string) { w.soon(id, time.Second, func(s *engine.State) { w.exit(s, 3) }) }
		c.fault = func(n int) *fault {
			if c.calls[n] == "start old" {
				return &fault{err: errRefused}
			}
			return nil
		}
		res, _ := c.update(t.Context())
		if res.Outcome != request.Broken || res.Failure == nil || res.Failure.ExitCode != 3 {
			t.Fatalf("result %+v, want broken, with the new one's exit code", res)
		}
		c.fault = nil
		c.recoverWhole(t, true)
	})
}

// TestLastAttempt gives the new container up that was there at every interruption.
func TestLastAttempt(t *testing.T) {
	for attempt, want := range map[int]request.Outcome{1: request.Committed, 4: request.Committed, 5: request.RolledBack, 6: request.RolledBack} {
		synctest.Test(t, func(t *testing.T) {
			c := &client{world: newWorld(true)}
			c.fault = func(n int) *fault {
				if strings.HasPrefix(c.calls[n], "start new") {
					return &fault{applied: true, dies: true}
				}
				return nil
			}
			c.update(t.Context())
			next := &client{world: c.world}
			found, err := next.updater().Interrupted(t.Context(), nobodys)
			if err != nil || len(found) != 1 {
				t.Fatalf("found %d, %v", len(found), err)
			}
			res := found[0].Resume(t.Context(), attempt, noSteps)
			if res.Outcome != want {
				t.Errorf("attempt %d: %s (%s), want %s", attempt, res.Outcome, res.Reason, want)
			}
			c.whole(t, true, res.Outcome)
		})
	}
}
