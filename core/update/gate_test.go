package update

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
)

func TestGate(t *testing.T) {
	healthyAfter := func(d time.Duration) func(w *world, id string) {
		return func(w *world, id string) { w.soon(id, d, func(s *engine.State) { w.health(s, "healthy") }) }
	}
	tests := map[string]struct {
		checked bool
		life    func(w *world, id string)
		outcome request.Outcome
		reason  string
		takes   time.Duration // from the start of the new one to the result, the rollback's stop (1 s) included
	}{
		"runs on":       {false, nil, request.Committed, "", testGate.StableFor},
		"healthy":       {true, healthyAfter(7 * time.Second), request.Committed, "", 7 * time.Second},
		"healthy late":  {true, healthyAfter(testGate.Healthy - time.Millisecond), request.Committed, "", testGate.Healthy - time.Millisecond},
		"never healthy": {true, nil, request.RolledBack, "did not become healthy within 1m1s", testGate.Healthy + time.Second},
		"unhealthy": {true, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) { w.health(s, "unhealthy") })
		}, request.RolledBack, "the new container is unhealthy", 4 * time.Second},
		"exits": {false, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) { w.exit(s, 5) })
		}, request.RolledBack, "exited with code 5", 4 * time.Second},
		"exits at the last moment": {false, func(w *world, id string) {
			w.soon(id, testGate.StableFor-time.Millisecond, func(s *engine.State) { w.exit(s, 0) })
		}, request.RolledBack, "exited with code 0", testGate.StableFor + time.Second - time.Millisecond},
		"exits at once": {false, func(w *world, id string) {
			w.soon(id, 0, func(s *engine.State) { w.exit(s, 127) })
		}, request.RolledBack, "exited with code 127", time.Second},
		"out of memory": {false, func(w *world, id string) {
			w.soon(id, time.Second, func(s *engine.State) {
				s.OOMKilled = true
				w.emit(id, engine.Event{Action: engine.ActionOOM})
				w.exit(s, 137)
			})
		}, request.RolledBack, "ran out of memory", 2 * time.Second},
		"out of memory, told by the state only": {false, func(w *world, id string) {
			w.soon(id, time.Second, func(s *engine.State) { s.OOMKilled = true; w.exit(s, 137) })
		}, request.RolledBack, "ran out of memory (exit code 137)", 2 * time.Second},
		"restarted, and no event": {false, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) { s.Restarts++; s.StartedAt = time.Now() })
		}, request.RolledBack, "was restarted", 5 * time.Second},
		"restarted by hand": {false, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) {
				s.StartedAt = time.Now()
				w.emit(id, engine.Event{Action: engine.ActionStart})
			})
		}, request.RolledBack, "was restarted", 4 * time.Second},
		"restarting": {false, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) { s.Status = "restarting"; s.ExitCode = 2 })
		}, request.RolledBack, "exited with code 2", 5 * time.Second},
		"events from before": {false, func(w *world, id string) {
			w.soon(id, time.Second, func(s *engine.State) {
				w.emit(id, engine.Event{Action: engine.ActionStart}) // our own, told late
				earlier := s.StartedAt.Add(-time.Second)
				w.publish(engine.Event{Kind: engine.KindContainer, ID: id, Action: engine.ActionDie, ExitCode: 1, Time: earlier})
			})
		}, request.Committed, "", testGate.StableFor},
		"removed": {false, func(w *world, id string) {
			w.soon(id, 3*time.Second, func(*engine.State) { delete(w.containers, id) })
		}, request.RolledBack, "was removed", 5 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{world: newWorld(true)}
				c.life, c.checked = tt.life, tt.checked
				begun := time.Now().Add(c.stopTime)
				res, _ := c.update(t.Context())
				if res.Outcome != tt.outcome || !strings.Contains(res.Reason, tt.reason) {
					t.Errorf("outcome %s (%s), want %s (%s)", res.Outcome, res.Reason, tt.outcome, tt.reason)
				}
				if took := res.Finished.Sub(begun); took != tt.takes {
					t.Errorf("took %s, want %s", took, tt.takes)
				}
				c.whole(t, true, res.Outcome)
				if !res.Outcome.OK() && name != "removed" && (res.Failure == nil || len(res.Failure.Logs) != 2) {
					t.Errorf("failure %+v, want one with 2 lines of its log", res.Failure)
				}
			})
		})
	}
}

// TestGateWhileTheEngineIsAway: nothing can be said until it is back.
func TestGateWhileTheEngineIsAway(t *testing.T) {
	for name, survives := range map[string]bool{"survives": true, "ended meanwhile": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{world: newWorld(true)}
				var since, until time.Time
				c.life = func(w *world, id string) {
					since, until = time.Now().Add(time.Second), time.Now().Add(5*time.Minute)
					time.AfterFunc(5*time.Minute, func() {
						w.mu.Lock()
						defer w.mu.Unlock()
						if s := w.containers[id]; !survives {
							s.Running, s.Status, s.ExitCode = false, "exited", 255
						}
						w.publish(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected})
					})
				}
				c.fault = func(int) *fault {
					if now := time.Now(); !since.IsZero() && now.After(since) && now.Before(until) {
						return &fault{err: engine.ErrUnreachable}
					}
					return nil
				}
				res, _ := c.update(t.Context())
				if res.Outcome.OK() != survives || res.Finished.Before(until) {
					t.Errorf("outcome %s (%s) %s after the engine came back", res.Outcome, res.Reason, res.Finished.Sub(until))
				}
				c.whole(t, true, res.Outcome)
			})
		})
	}
}

func TestShutdownAtTheGateIsLeftToRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { stop(ErrShutdown) })
		res, _ := c.update(ctx)
		if res.Outcome != "" || c.now("new1").Name != theName || !c.now("new1").Running || c.now("old").ID == "" {
			t.Fatalf("outcome %q, %s; want none, both still there and the new one running", res.Outcome, c.world)
		}
		results, _ := (&client{world: c.world}).recover(t.Context())
		if len(results) != 1 || results[0].Outcome != request.Committed {
			t.Fatalf("recovered: %+v, want committed", results)
		}
		if ms := results[0].Timing; ms.OutageMS != 0 || ms.HealthyMS < 14000 || ms.HealthyMS > 15000 {
			t.Errorf("timing %+v, want no outage, for a start takes no time here, and healthy after 3 s and a gate of 11 s", ms)
		}
		c.whole(t, true, request.Committed)
	})
}

func TestTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		c.checked = true
		c.life = func(w *world, id string) {
			w.soon(id, 4*time.Second, func(s *engine.State) { w.health(s, "healthy") })
		}
		res, _ := c.update(t.Context())
		want := request.Timing{From: "app:1", To: "app:2", StopMS: 1000, HealthyMS: 4000}
		if res.Timing == nil || *res.Timing != want {
			t.Errorf("timing %+v, want %+v", res.Timing, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		c.life = func(w *world, id string) { w.soon(id, 4*time.Second, func(s *engine.State) { w.exit(s, 1) }) }
		res, _ := c.update(t.Context())
		if res.Timing == nil || res.Timing.OutageMS != 5000 {
			t.Errorf("timing %+v, want an outage of 4 s of running and 1 s of stopping", res.Timing)
		}
	})
}

func TestGateOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		r := wanted
		r.Options.StableFor = request.Duration(3 * time.Second)
		begun := time.Now().Add(c.stopTime)
		res := c.updater().Update(t.Context(), r, noSteps)
		if res.Outcome != request.Committed || res.Finished.Sub(begun) != 3*time.Second {
			t.Errorf("outcome %s after %s, want committed after 3 s", res.Outcome, res.Finished.Sub(begun))
		}
	})
}

func TestNothingToDo(t *testing.T) {
	tests := map[string]struct {
		change  func(r *request.Request)
		outcome request.Outcome
		calls   int
	}{
		"same image":     {func(r *request.Request) { r.Image = "app:1" }, request.Unchanged, 1},
		"check, same":    {func(r *request.Request) { r.Image, r.Options.Check = "app:1", true }, request.Unchanged, 1},
		"check, other":   {func(r *request.Request) { r.Options.Check = true }, request.Needed, 1},
		"check by force": {func(r *request.Request) { r.Image, r.Options.Force, r.Options.Check = "app:1", true, true }, request.Needed, 1},
		"no container":   {func(r *request.Request) { r.Target = "nobody" }, request.NotFound, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{world: newWorld(true)}
				r := wanted
				tt.change(&r)
				res := c.updater().Update(t.Context(), r, noSteps)
				if res.Outcome != tt.outcome || len(c.calls) != tt.calls {
					t.Errorf("outcome %s after %v, want %s", res.Outcome, c.calls, tt.outcome)
				}
				c.whole(t, true, "")
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		r := wanted
		r.Image, r.Options.Force = "app:1", true
		if res := c.updater().Update(t.Context(), r, noSteps); res.Outcome != request.Committed {
			t.Errorf("by force: outcome %s", res.Outcome)
		}
		c.whole(t, true, request.Committed)
	})
}

func TestInTheWay(t *testing.T) {
	put := func(w *world, id, name string, labels map[string]string) {
		w.containers[id] = &engine.State{ID: id, Name: name, Status: "exited", Labels: labels}
	}
	tests := map[string]struct {
		prepare func(w *world)
		ok      bool
	}{
		"a new one that never took over": {func(w *world) {
			put(w, "x", theName+SuffixNext, map[string]string{LabelReplaces: "old", LabelUpdate: "r0"})
		}, true},
		"our predecessor": {func(w *world) {
			put(w, "x", theName+SuffixPrev, nil)
			w.containers["old"].Labels[LabelReplaces] = "x"
		}, true},
		"somebody's next": {func(w *world) { put(w, "x", theName+SuffixNext, nil) }, false},
		"somebody's prev": {func(w *world) { put(w, "x", theName+SuffixPrev, map[string]string{LabelReplaces: "y"}) }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &client{world: newWorld(true)}
				tt.prepare(c.world)
				res, _ := c.update(t.Context())
				if tt.ok {
					if res.Outcome != request.Committed {
						t.Errorf("outcome %s (%s)", res.Outcome, res.Reason)
					}
					c.whole(t, true, res.Outcome)
					return
				}
				if res.Outcome != request.Failed || !strings.Contains(res.Reason, "in the way") || c.now("x").ID == "" || !c.now("old").Running {
					t.Errorf("outcome %s (%s): %s", res.Outcome, res.Reason, c.world)
				}
			})
		})
	}
}

func TestInterruptedSaysWhatItCannotMakeSenseOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true)}
		c.containers["x"] = &engine.State{ID: "x", Name: "app" + SuffixNext, Labels: map[string]string{LabelReplaces: "lost", LabelUpdate: "r7"}}
		c.containers["y"] = &engine.State{ID: "y", Name: "db", Labels: map[string]string{LabelReplaces: "long gone", LabelUpdate: "r8"}}
		found, err := c.updater().Interrupted(t.Context(), nobodys)
		if len(found) != 0 || err == nil || !strings.Contains(err.Error(), "r7") || strings.Contains(err.Error(), "r8") {
			t.Errorf("found %v, %v; want an error about r7 only", found, err)
		}
		c.fault = func(int) *fault { return &fault{err: engine.ErrUnreachable} }
		if _, err := c.updater().Interrupted(t.Context(), nobodys); !errors.Is(err, engine.ErrUnreachable) {
			t.Errorf("err = %v, want unreachable", err)
		}
	})
}

func TestHandover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true), strategy: request.Handover}
		c.checked = true
		c.life = func(w *world, id string) {
			w.soon(id, 3*time.Second, func(s *engine.State) {
				if !w.containers["old"].Running {
					t.Error("the old container stopped before the new one was healthy")
				}
				w.health(s, "healthy")
			})
		}
		res, _ := c.update(t.Context())
		c.whole(t, true, request.Committed)
		if res.Timing == nil || res.Timing.OutageMS != 0 || res.Timing.HealthyMS != 0 {
			t.Errorf("timing %+v, want no outage", res.Timing)
		}
	})
}

func TestHandoverIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &client{world: newWorld(true), strategy: request.Handover}
		c.exclusive = []string{"port 0.0.0.0:80/tcp"}
		res, _ := c.update(t.Context())
		if res.Outcome != request.Failed || !strings.Contains(res.Reason, c.exclusive[0]) {
			t.Errorf("outcome %s (%s), want failed, naming the port", res.Outcome, res.Reason)
		}
		c.whole(t, true, res.Outcome)
	})
}
