package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/core/request"
)

// Two updates of one container: the second is told of the first, which goes on.
func TestSecondUpdateConflicts(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage)
		e := newEdged(t, m)
		m.create(t, e.name, firstImage, "", true, nil)
		e.start()
		e.proxy.on(m.creates(), func() (cut bool) {
			res := e.update(e.name, "--force", "--id", "second")
			if res.Outcome != request.Conflict || !strings.Contains(res.Reason, "update first") {
				t.Errorf("second: %+v, want a conflict that names the first", res)
			}
			return false
		})
		if res := e.update(e.name, m.env.Image(secondImage), "--id", "first"); res.Outcome != request.Committed {
			t.Errorf("first: %+v", res)
		}
	})
}

// Updates of different containers run side by side, as many as are allowed.
func TestParallelUpdates(t *testing.T) {
	onlyInFull(t)
	const allowed, all = 3, 7
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage)
		e := newEdged(t, m)
		e.section("update")["parallel"] = allowed
		e.section("update")["stable_for"] = "3s"
		for i := range all {
			m.create(t, fmt.Sprint(e.name, "-", i), firstImage, "", true, nil)
		}
		e.start()
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() {
				name := fmt.Sprint(e.name, "-", i)
				if res := e.update(name, m.env.Image(secondImage)); res.Outcome != request.Committed {
					t.Errorf("%s: %+v", name, res)
				}
			})
		}
		done := make(chan struct{})
		go func() { wait.Wait(); close(done) }()
		most, tick := 0, time.NewTicker(20*time.Millisecond)
		defer tick.Stop()
		for under := true; under; {
			select {
			case <-done:
				under = false
			case <-tick.C:
				list, err := m.containers(t.Context(), e.name)
				if err != nil {
					continue // one of them went while they were looked at
				}
				most = max(most, len(list)-all) // an update under way has two containers
			}
		}
		if most != allowed {
			t.Errorf("%d updates at once, want %d", most, allowed)
		}
		list, err := m.containers(t.Context(), e.name)
		if err != nil || len(list) != all {
			t.Fatalf("there are %+v, %v", list, err)
		}
		for _, c := range list {
			if c.Config.Image != m.env.Image(secondImage) || !c.State.Running {
				t.Errorf("there is %+v", c)
			}
		}
	})
}

// calledOff is an update that somebody calls off on the command line while edged waits for the engine.
var calledOff = blow{
	strike: func(l *lane) {
		code, _, said := l.cli("cancel", fmt.Sprintf("u%d", l.updates))
		if code != 0 && !strings.Contains(said, "has ended") { // its last request may be one that it did not wait for
			l.t.Errorf("edged cancel ended with %d: %s", code, said)
		}
	},
	recover: func(*lane) {},
	passes:  true,
}

// A request that is called off at any of its requests to the engine ends in the old container or in the new one.
func TestCancelAtEveryRequest(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage, badImage)
		for _, tr := range variety(calledOff, "") {
			t.Run(tr.String(), func(t *testing.T) { strikeAll(t, m, tr, 4, before, after) })
		}
	})
}
