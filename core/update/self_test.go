package update

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
)

// device is a world in which the containers to be updated run edged themselves, and
// deputies do their work.
type device struct {
	*world
	results []request.Result // told by any edged, in order
	lives   map[string]context.CancelCauseFunc
	deputy  *client             // the first that was started
	fault   func(n int) *fault  // of its calls
	died    func(deputy string) // what happens when it has died of one
}

// newDevice has an edged in the container old, which is under way with nothing.
func newDevice(t *testing.T, checked bool, life func(w *world, id string)) *device {
	w := newWorld(true)
	w.checked, w.life = checked, life
	d := &device{world: w, lives: map[string]context.CancelCauseFunc{}}
	w.ended = func(id string) {
		if end := d.lives[id]; end != nil {
			end(ErrShutdown)
		}
	}
	w.process = func(s engine.State) {
		life := d.begin(t, s.ID)
		if s.Labels[LabelDeputy] != "" {
			c := &client{world: d.world, self: s.ID}
			if d.deputy == nil {
				d.deputy, c.fault = c, d.fault
			}
			go d.runDeputy(life, s, c)
		} else if s.Name != "other" {
			go d.runEdged(life, s.ID)
		}
	}
	return d
}

// begin is the life of what runs in a container.
func (d *device) begin(t *testing.T, id string) context.Context {
	life, end := context.WithCancelCause(t.Context())
	d.lives[id] = end
	return life
}

func (d *device) tell(res request.Result) {
	if res.Outcome.Final() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.results = append(d.results, res)
	}
}

// updater is that of the edged in a container, or outside of all.
func (d *device) updater(life context.Context, c *client) *Updater {
	u := c.updater()
	u.EnableDeputies(life, []string{"edged"})
	return u
}

// runEdged does what edged does at its start.
func (d *device) runEdged(life context.Context, id string) {
	u := d.updater(life, &client{world: d.world, self: id})
	found, err := u.Interrupted(life, nobodys)
	if err != nil {
		d.tell(request.Result{Outcome: request.Broken, Reason: err.Error()})
	}
	for _, i := range found {
		d.tell(i.Resume(life, 1, noSteps))
	}
}

// runDeputy exits with 0 when its work is done. The engine starts it again otherwise.
func (d *device) runDeputy(life context.Context, s engine.State, c *client) {
	var order Order
	if err := json.Unmarshal([]byte(s.Image), &order); err != nil {
		panic(err)
	}
	code := 137
	defer func() {
		d.mu.Lock()
		if now := d.containers[s.ID]; now != nil && life.Err() == nil {
			d.exit(now, code)
		}
		d.mu.Unlock()
		if code != 0 && c == d.deputy && d.died != nil {
			d.died(s.ID)
		}
	}()
	res := c.updater().Carry(life, order, func(p request.Progress) { d.print(s.ID, map[string]any{"progress": p}) })
	if res.Outcome.Final() {
		d.print(s.ID, map[string]any{"result": res})
		code = 0
	}
}

func (d *device) print(id string, line any) {
	text, _ := json.Marshal(line)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.printed[id] += string(text) + "\n"
}

// updateSelf has the edged in the container old update that one, until all is quiet.
// dies makes one of its calls the last; the engine then starts it again.
func (d *device) updateSelf(t *testing.T, dies func(n int) *fault) (calls []string) {
	c := &client{world: d.world, self: "old", fault: dies}
	life := d.begin(t, "old")
	go func() {
		lived := false
		defer func() {
			if !lived {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.exit(d.containers["old"], 137)
				d.start(d.containers["old"])
			}
		}()
		d.tell(d.updater(life, c).Update(life, wanted, noSteps))
		lived = true
	}()
	<-time.After(10 * time.Minute)
	synctest.Wait()
	return c.calls
}

// settled fails the test unless there is one edged, and its requester was told which.
func (d *device) settled(t *testing.T) {
	t.Helper()
	if len(d.results) == 0 {
		t.Fatalf("no result: %s", d.world)
	}
	last := d.results[len(d.results)-1]
	for _, res := range d.results {
		if res.ID != wanted.ID || res.Target != theName || res.Outcome != last.Outcome {
			t.Errorf("told %+v, then %+v", res, last)
		}
	}
	d.whole(t, true, last.Outcome)
}

func (c *client) SelfID(context.Context) (string, error) { return c.self, nil }

// PlanDeputy plans a container whose image is its order.
func (c *client) PlanDeputy(_ context.Context, _ string, command []string) (p *engine.Plan, err error) {
	err = c.call("plan deputy", func() error {
		p = &engine.Plan{NewImage: command[len(command)-1]}
		return nil
	})
	return p, err
}

func (c *client) WaitForStop(ctx context.Context, nameOrID string) error {
	for c.now(nameOrID).Running {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// everySelf runs test in a bubble for each life of the new edged.
func everySelf(t *testing.T, test func(t *testing.T, fresh func(t *testing.T) *device)) {
	for name, l := range lives {
		t.Run(name, func(t *testing.T) {
			test(t, func(t *testing.T) *device { return newDevice(t, l.checked, l.life) })
		})
	}
}

func TestSelf(t *testing.T) {
	everySelf(t, func(t *testing.T, fresh func(t *testing.T) *device) {
		synctest.Test(t, func(t *testing.T) {
			d := fresh(t)
			d.updateSelf(t, nil)
			d.settled(t)
			if res := d.results[0]; res.Timing == nil || res.Timing.StopMS == 0 || len(d.results) != 1 {
				t.Errorf("told %+v", d.results)
			}
		})
	})
}

// TestDeputyDiesAtEveryCall, killed by itself, by a hand, or with the whole device.
func TestDeputyDiesAtEveryCall(t *testing.T) {
	deaths := map[string]func(t *testing.T, d *device) func(deputy string){
		"and is started again": func(_ *testing.T, d *device) func(string) {
			return func(deputy string) {
				time.AfterFunc(time.Second, func() {
					d.mu.Lock()
					defer d.mu.Unlock()
					if s := d.containers[deputy]; s != nil && !s.Running {
						d.start(s)
					}
				})
			}
		},
		"and stays so until somebody repairs": func(t *testing.T, d *device) func(string) {
			return func(string) {
				<-time.After(5 * time.Minute)
				found, _ := (&client{world: d.world}).updater().Interrupted(t.Context(), nobodys)
				for _, i := range found {
					if res := i.Resume(t.Context(), 1, noSteps); res.Outcome != "" || res.Reason == "" {
						t.Errorf("repaired as %+v", res)
					}
				}
			}
		},
		"in a power cut": func(_ *testing.T, d *device) func(string) { return func(string) { d.reboot(true) } },
	}
	everySelf(t, func(t *testing.T, fresh func(t *testing.T) *device) {
		var calls []string
		synctest.Test(t, func(t *testing.T) {
			d := fresh(t)
			d.updateSelf(t, nil)
			calls = d.deputy.calls
		})
		if len(calls) < 8 {
			t.Fatalf("a deputy that calls only %v", calls)
		}
		for how, death := range deaths {
			for at, what := range calls {
				for _, applied := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%d %s/applied=%v", how, at, what, applied), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							d := fresh(t)
							d.fault, d.died = only(at, fault{applied: applied, dies: true}), death(t, d)
							d.updateSelf(t, nil)
							d.settled(t)
						})
					})
				}
			}
		}
	})
}

// TestSelfDiesAtEveryCall before the deputy has ended it.
func TestSelfDiesAtEveryCall(t *testing.T) {
	var calls []string
	synctest.Test(t, func(t *testing.T) { calls = newDevice(t, false, nil).updateSelf(t, nil) })
	begun := slices.Index(calls, "create "+theName+SuffixNext)
	for at, what := range calls {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s/applied=%v", at, what, applied), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDevice(t, false, nil)
					d.updateSelf(t, only(at, fault{applied: applied, dies: true}))
					if at < begun || at == begun && !applied { // it is to be asked for again
						if len(d.results) > 0 {
							t.Errorf("told %+v", d.results)
						}
						d.whole(t, true, "")
						return
					}
					d.settled(t)
				})
			})
		}
	}
}

// TestNoDeputy leaves everything as it was.
func TestNoDeputy(t *testing.T) {
	deputy := theName + SuffixDeputy
	for call, f := range map[string]fault{
		"plan deputy": {err: errRefused}, "create " + deputy: {applied: true, err: errRefused}, "start " + deputy: {err: errRefused},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(t, false, nil)
			c := &client{world: d.world, self: "old"}
			c.fault = func(n int) *fault {
				if c.calls[n] == call {
					return &f
				}
				return nil
			}
			res := d.updater(t.Context(), c).Update(t.Context(), wanted, noSteps)
			if res.Outcome != request.Failed {
				t.Errorf("without %s: %+v", call, res)
			}
			d.whole(t, true, res.Outcome)
			if !d.now("old").FinishedAt.IsZero() {
				t.Errorf("without %s the old container was stopped", call)
			}
		})
	}
}

// TestDeputyIsLost has one made anew, whatever had become of the update.
func TestDeputyIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t, false, nil)
		d.fault = func(n int) *fault {
			if d.deputy.calls[n] == "rename new1" {
				return &fault{applied: true, dies: true}
			}
			return nil
		}
		d.died = func(deputy string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.containers, deputy)
			d.start(d.containers["old"])
		}
		d.updateSelf(t, nil)
		d.settled(t)
		if d.results[0].Outcome != request.Committed || d.created != 3 {
			t.Errorf("told %+v, created %d containers", d.results, d.created)
		}
	})
}

// TestDeputyRemembers what it has told, and how often it was started.
func TestDeputyRemembers(t *testing.T) {
	const started, told = `{"progress":{"step":"deputy"}}`, `{"result":{"id":"r1","outcome":"rolled-back","reason":"told before"}}`
	for printed, want := range map[string]string{
		"":                                     "",
		strings.Repeat(started+"\n", 3):        "",
		strings.Repeat(started+"\n", 4):        "edged was interrupted 5 times during the update",
		"a log line\n" + started + "\n" + told: "told before",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(true)
			c := &client{world: w}
			c.fault = func(n int) *fault {
				if c.calls[n] == "start new1" {
					return &fault{applied: true, dies: true}
				}
				return nil
			}
			c.update(t.Context()) // as far as the start
			w.containers["deputy"] = &engine.State{ID: "deputy", Name: theName + SuffixDeputy}
			w.printed["deputy"] = printed + "\n"
			o := Order{ID: wanted.ID, Name: theName, OldID: "old", Gate: testGate}
			res := (&client{world: w}).updater().Carry(t.Context(), o, noSteps)
			if res.Reason != want || (want == "") != (res.Outcome == request.Committed) {
				t.Errorf("after %q: %+v", printed, res)
			}
		})
	}
}
