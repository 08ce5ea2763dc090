package luatest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/vm"
)

// A world is everything around the scripts in one test.
type world struct {
	ctx   context.Context //nolint:containedctx // of the test, for functions that Lua calls
	dirs  []string
	only  []string // scripts to load; nil: all
	cover cover    // nil: nobody wants to know

	now        time.Time
	zone       *time.Location // of the device
	device     hooks.Device
	containers []hooks.Container
	files      map[string]string
	grants     map[string]hooks.Grants // nil: everything
	kv         *hooks.MemoryKV
	fallback   hooks.Verdict

	set    *lua.Set // loaded when it is first needed
	next   map[string]time.Time
	sent   []message
	logged []string
	units  int
}

// A message is one that a script published.
type message struct{ script, topic, payload string }

func newWorld(ctx context.Context, dirs, only []string, c cover) *world {
	return &world{
		ctx: ctx, dirs: dirs, only: only, cover: c,
		now: SampleTime(), zone: time.UTC, device: SampleDevice(), files: map[string]string{},
		kv: hooks.NewMemoryKV(), fallback: hooks.VerdictAllow,
	}
}

// worldOf returns the world of the test that runs on l.
func worldOf(l *glua.LState) *world {
	return vm.Of(l).Host.(*world) //nolint:forcetypeassert // every test gets one
}

// scripts loads what is to be tested, unless it is loaded.
func (w *world) scripts() (*lua.Set, error) {
	if w.set != nil {
		return w.set, nil
	}
	set, err := w.load()
	if err != nil {
		return nil, err
	}
	if set.Empty() {
		return nil, fmt.Errorf("no script to test: %s", strings.Join(w.dirs, " "))
	}
	w.set, w.next = set, map[string]time.Time{}
	for _, t := range w.timers() {
		w.next[t.ID()] = t.Next(w.now)
	}
	return set, nil
}

// ask plays an event and returns what the scripts decide.
func (w *world) ask(ev hooks.Event) (played, error) {
	set, err := w.scripts()
	if err != nil {
		return played{}, err
	}
	fallback := w.fallback
	if ev.Phase != hooks.Before {
		fallback = hooks.VerdictAllow
	}
	answers, _ := set.Ask(w.ctx, ev)
	for _, a := range answers {
		w.units += a.Units
	}
	return played{ev, hooks.Merge(ev, answers, fallback)}, nil
}

// advance lets time pass and calls the timers whose time comes, in their order.
func (w *world) advance(d time.Duration) ([]played, error) {
	if _, err := w.scripts(); err != nil {
		return nil, err
	}
	until := w.now.Add(d)
	var decisions []played
	for len(decisions) < maxFired {
		t, at := w.due(w.timers(), until)
		if at.IsZero() {
			w.now = until
			return decisions, nil
		}
		w.now = at
		w.next[t.ID()] = t.Next(at)
		ev := t.Event(at)
		ev.Device = &w.device
		decision, err := w.ask(ev)
		if err != nil {
			return nil, err
		}
		decisions = append(decisions, decision)
	}
	return nil, errors.New("more than 10000 timers fire in this time")
}

const maxFired = 10_000 // in one advance

// due is the timer that fires first, and when, if that is not after until.
func (w *world) due(timers []hooks.Timer, until time.Time) (first hooks.Timer, at time.Time) {
	for _, t := range timers {
		next := w.next[t.ID()]
		if !next.IsZero() && !next.After(until) && (at.IsZero() || next.Before(at)) {
			first, at = t, next
		}
	}
	return first, at
}
