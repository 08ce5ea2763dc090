package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/core/request"
	"edged/engine"
)

// world is an engine's containers. They outlive whoever works on them.
type world struct {
	mu         sync.Mutex
	containers map[string]*engine.State
	created    int
	subs       map[chan engine.Event]string
	life       func(w *world, id string) // what a new container does once it is started
	stopTime   time.Duration             // from the stop signal to the exit
	checked    bool                      // new containers have a healthcheck
	exclusive  []string                  // what the old and the new one can't have both
	process    func(s engine.State)      // if set, runs what a container that was started runs
	ended      func(id string)           // if set, is told of an exit
	printed    map[string]string         // logs, by id
}

const theName = "web"

// newWorld has one container to be updated, and one that is none of our business.
func newWorld(running bool) *world {
	w := &world{containers: map[string]*engine.State{}, subs: map[chan engine.Event]string{}, printed: map[string]string{}, stopTime: time.Second}
	for _, s := range []engine.State{{ID: "old", Name: theName, Image: "app:1"}, {ID: "other", Name: "other", Image: "app:1"}} {
		s.Status, s.Labels = "exited", map[string]string{}
		w.containers[s.ID] = &s
		if running {
			w.start(&s)
		}
	}
	return w
}

func (w *world) find(nameOrID string) (*engine.State, error) {
	for _, s := range w.containers {
		if s.ID == nameOrID || s.Name == nameOrID {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no container %s: %w", nameOrID, engine.ErrNotFound)
}

// now is a container as it is, or nothing.
func (w *world) now(nameOrID string) engine.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.find(nameOrID)
	if err != nil {
		return engine.State{}
	}
	return *s
}

func (w *world) emit(id string, ev engine.Event) {
	ev.Kind, ev.ID, ev.Time = engine.KindContainer, id, time.Now()
	w.publish(ev)
}

func (w *world) publish(ev engine.Event) {
	for c, of := range w.subs {
		if of == ev.ID || ev.ID == "" {
			c <- ev
		}
	}
}

func (w *world) start(s *engine.State) {
	s.Running, s.Status, s.StartedAt = true, "running", time.Now()
	isNew := strings.HasPrefix(s.ID, "new") && s.Labels[LabelDeputy] == ""
	if isNew && w.checked {
		s.Health = "starting"
	}
	w.emit(s.ID, engine.Event{Action: engine.ActionStart})
	if isNew && w.life != nil {
		w.life(w, s.ID)
	}
	if w.process != nil {
		w.process(*s)
	}
}

func (w *world) exit(s *engine.State, code int) {
	s.Running, s.Status, s.Health, s.ExitCode, s.FinishedAt = false, "exited", "", code, time.Now()
	w.emit(s.ID, engine.Event{Action: engine.ActionDie, ExitCode: code})
	if w.ended != nil {
		w.ended(s.ID)
	}
}

// soon does something to a container after a while, if it runs then.
func (w *world) soon(id string, after time.Duration, do func(s *engine.State)) {
	time.AfterFunc(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if s := w.containers[id]; s != nil && s.Running {
			do(s)
		}
	})
}

// reboot is a power cut: what ran has stopped, and what starts decides.
func (w *world) reboot(starts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.containers {
		ran := !s.StartedAt.IsZero()
		if s.Running {
			w.exit(s, 255)
		}
		if starts && ran {
			w.start(s)
		}
	}
}

// Subscribe implements [Events].
func (w *world) Subscribe(id string) (<-chan engine.Event, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := make(chan engine.Event, 64)
	w.subs[c] = id
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subs, c)
	}
}

// fault is what becomes of a call.
type fault struct {
	applied bool  // it takes effect
	err     error // and is answered by this
	dies    bool  // or its caller is no more
}

// client is the engine as one process sees it.
type client struct {
	*world
	self     string // the container that it runs in
	strategy string
	calls    []string
	fault    func(n int) *fault // of the n-th call from 0; nil is none
}

var errRefused = errors.New("the engine refuses")

func (c *client) call(what string, do func() error) error {
	n := len(c.calls)
	c.calls = append(c.calls, what)
	var f *fault
	if c.fault != nil {
		f = c.fault(n)
	}
	apply := func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		return do()
	}
	if f == nil {
		return apply()
	}
	if f.applied {
		_ = apply()
	}
	if f.dies {
		runtime.Goexit()
	}
	return f.err
}

func (c *client) with(what, nameOrID string, do func(s *engine.State) error) error {
	return c.call(what+" "+nameOrID, func() error {
		s, err := c.find(nameOrID)
		if err != nil {
			return err
		}
		return do(s)
	})
}

func (c *client) PlanClone(ctx context.Context, nameOrID string, o engine.CloneOptions) (p *engine.Plan, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = c.with("plan", nameOrID, func(s *engine.State) error {
		p = &engine.Plan{OldID: s.ID, Name: s.Name, OldImage: s.Image, NewImage: o.Image, WasRunning: s.Running, HasHealthcheck: c.checked, Exclusive: c.exclusive}
		if s.Image != o.Image {
			p.Changes = []string{"image"}
		}
		return nil
	})
	return p, err
}

func (c *client) CreateNext(_ context.Context, p *engine.Plan, name string, labels map[string]string) (id string, err error) {
	err = c.call("create "+name, func() error {
		if _, err := c.find(name); err == nil {
			return fmt.Errorf("name %s: %w", name, engine.ErrConflict)
		}
		c.created++
		id = fmt.Sprintf("new%d", c.created)
		c.containers[id] = &engine.State{ID: id, Name: name, Image: p.NewImage, Status: "created", Labels: maps.Clone(labels)}
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (c *client) State(ctx context.Context, nameOrID string) (got engine.State, err error) {
	if err := ctx.Err(); err != nil {
		return got, err
	}
	err = c.with("state", nameOrID, func(s *engine.State) error { got = *s; return nil })
	if err != nil {
		return engine.State{}, err
	}
	return got, nil
}

func (c *client) Stop(_ context.Context, nameOrID string, _ *time.Duration) error {
	<-time.After(c.stopTime)
	return c.with("stop", nameOrID, func(s *engine.State) error {
		if s.Running {
			c.exit(s, 143)
		}
		return nil
	})
}

func (c *client) StartContainer(_ context.Context, nameOrID string) error {
	return c.with("start", nameOrID, func(s *engine.State) error {
		if !s.Running {
			c.start(s)
		}
		return nil
	})
}

func (c *client) Rename(_ context.Context, nameOrID, name string) error {
	return c.with("rename", nameOrID, func(s *engine.State) error {
		if other, err := c.find(name); err == nil {
			return fmt.Errorf("name %s is taken by %s: %w", name, other.ID, engine.ErrConflict)
		}
		s.Name = name
		return nil
	})
}

func (c *client) Remove(_ context.Context, nameOrID string) error {
	return c.call("remove "+nameOrID, func() error {
		if s, err := c.find(nameOrID); err == nil {
			delete(c.containers, s.ID)
		}
		return nil
	})
}

func (c *client) ContainerLogs(_ context.Context, out io.Writer, nameOrID string, _ engine.LogsOptions) error {
	return c.with("logs", nameOrID, func(s *engine.State) error {
		_, err := io.WriteString(out, c.printed[s.ID]+"one\ntwo\n")
		return err
	})
}

func (c *client) List(_ context.Context, o engine.FilterOptions) (found []engine.TedgeContainer, err error) {
	err = c.call("list", func() error {
		for _, s := range c.containers {
			if s.Labels[o.Labels[0]] != "" {
				found = append(found, engine.TedgeContainer{Container: engine.Container{Id: s.ID, Name: s.Name, State: s.Status, Image: s.Image, Labels: s.Labels}})
			}
		}
		return nil
	})
	return found, err
}

var (
	quiet    = slog.New(slog.DiscardHandler)
	testGate = Gate{Healthy: 61 * time.Second, StableFor: 11 * time.Second} // no multiples of gatePoll
	wanted   = request.Request{ID: "r1", Op: request.Update, Target: theName, Image: "app:2"}
)

func (c *client) updater() *Updater { return New(c, c.world, testGate, quiet) }

func noSteps(request.Progress) {}

func nobodys(string, map[string]string) bool { return false }

// update carries wanted out; false if it died on the way.
func (c *client) update(ctx context.Context) (res request.Result, lived bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := wanted
		r.Options.Strategy = c.strategy
		res = c.updater().Update(ctx, r, noSteps)
		lived = true
	}()
	<-done
	return res, lived
}

// recover does what the next start does: until the engine has answered, look for
// what was interrupted, and end it.
func (c *client) recover(ctx context.Context) (results []request.Result, lived bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		u := c.updater()
		found, err := u.Interrupted(ctx, nobodys)
		for range 10 {
			if err == nil {
				break
			}
			found, err = u.Interrupted(ctx, nobodys)
		}
		for _, i := range found {
			results = append(results, i.Resume(ctx, 1, noSteps))
		}
		lived = true
	}()
	<-done
	return results, lived
}

// whole fails the test unless there is exactly one container of the name, it runs
// if it should, it is the one that outcome says, and nothing is left over.
func (w *world) whole(t *testing.T, running bool, outcome request.Outcome) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.containers) != 2 || w.containers["other"] == nil || w.containers["other"].Name != "other" {
		t.Errorf("left over: %s", w)
	}
	s, err := w.find(theName)
	if err != nil {
		t.Fatalf("there is no %s: %s", theName, w)
	}
	if s.Running != running {
		t.Errorf("it runs: %v, want %v: %s", s.Running, running, w)
	}
	isNew := s.ID != "old"
	switch outcome {
	case request.Committed:
		if !isNew {
			t.Errorf("outcome %s, but it is the old one", outcome)
		}
	case request.RolledBack, request.Failed, request.Cancelled:
		if isNew {
			t.Errorf("outcome %s, but it is the new one", outcome)
		}
	case "":
	default:
		t.Errorf("outcome %s", outcome)
	}
}

func (w *world) String() string {
	var b strings.Builder
	for id, s := range w.containers {
		fmt.Fprintf(&b, "%s=%s(%s) ", id, s.Name, s.Status)
	}
	return b.String()
}
