package faults

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edged/core/request"
)

// trial is an update that is struck at each of its requests, and what strikes it.
type trial struct {
	strategy string
	stopped  bool   // the container does not run
	fails    bool   // the new container exits at once
	restart  string // the container's restart policy
	blow     blow
}

func (tr trial) String() string {
	words := []string{tr.strategy, "running", "succeeds"}
	if tr.stopped {
		words[1] = "stopped"
	}
	if tr.fails {
		words[2] = "fails"
	}
	return strings.Join(words, " ")
}

// variety is every kind of update. Nothing is found out about a new container that isn't started.
func variety(b blow, restart string) []trial {
	var all []trial
	for _, strategy := range []string{request.Replace, request.Handover} {
		all = append(all,
			trial{strategy: strategy, restart: restart, blow: b},
			trial{strategy: strategy, restart: restart, blow: b, fails: true},
			trial{strategy: strategy, restart: restart, blow: b, stopped: true})
	}
	return all
}

// blow is what happens at a point, and what is done about it afterwards.
type blow struct {
	strike  func(l *lane)
	recover func(l *lane)
	passes  bool // the request goes on all the same
}

// The images: the container goes from one of the first two to the other and back.
const (
	firstImage  = "idle"
	secondImage = "printenv"
	badImage    = "exits"
)

// lane is one container that is updated again and again.
type lane struct {
	*edged
	trial
	updates int
}

func newLane(t *testing.T, m *machine, tr trial) *lane {
	l := &lane{edged: newEdged(t, m), trial: tr}
	if tr.fails {
		l.section("update")["stable_for"] = "5s" // on a busy machine even an exit at once takes its time
	}
	m.create(t, l.name, firstImage, tr.restart, !tr.stopped, nil)
	l.start()
	return l
}

// strikeAll updates a container on the machine, with a blow at each request and moment, on so many lanes.
func strikeAll(t *testing.T, m *machine, tr trial, lanes int, moments ...moment) {
	var requests []string
	t.Run("without", func(t *testing.T) { requests = newLane(t, m, tr).shot(t, point{at: -1}, "") })
	if t.Failed() {
		return
	}
	points := make(chan point, 3*len(requests))
	for at, what := range requests {
		for _, when := range moments {
			if when != during || !strings.HasPrefix(what, "GET ") {
				points <- point{at, when}
			}
		}
	}
	close(points)
	t.Logf("%d requests, %d points: %s", len(requests), len(points), strings.Join(requests, ", "))
	t.Run("lane", func(t *testing.T) {
		for i := range lanes {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				newLane(t, m, tr).strike(t, points, requests)
			})
		}
	})
}

// strike takes one point after the other, each with the container as the one before has left it.
func (l *lane) strike(t *testing.T, points <-chan point, requests []string) {
	for p := range points {
		ok := t.Run(fmt.Sprintf("%d %s %s", p.at, p.when, requests[p.at]), func(t *testing.T) {
			l.t = t
			l.shot(t, p, requests[p.at])
		})
		l.t = t
		if !ok {
			l.renew()
		}
	}
}

// renew begins anew with a fresh container.
func (l *lane) renew() {
	l.kill()
	if err := l.machine.remove(l.t.Context(), l.name); err != nil {
		l.t.Fatal(err)
	}
	l.machine.create(l.t, l.name, firstImage, l.restart, !l.stopped, nil)
	l.start()
}

// shot is one update with a blow at a point. It returns the requests of the update up to there.
func (l *lane) shot(t *testing.T, p point, what string) []string {
	l.updates++
	id := fmt.Sprintf("u%d", l.updates)
	old, err := l.machine.containers(t.Context(), l.name)
	if err != nil || len(old) != 1 {
		t.Fatalf("containers before: %v, %v", old, err)
	}
	image := l.next(old[0])
	struck := make(chan struct{})
	var begun atomic.Bool
	l.proxy.arm(p, func() bool {
		begun.Store(true)
		defer close(struck)
		l.blow.strike(l)
		return !l.blow.passes
	})
	l.send(id, map[string]any{"image": image, "options": map[string]any{"strategy": l.strategy}})
	hit := l.await(id, struck) || begun.Load() // an engine may take longer to die than edged to say so
	if hit {
		<-struck
	}
	requests := l.proxy.disarm()
	if hit {
		l.blow.recover(l)
	} else if p.at >= 0 {
		t.Logf("the update ended before %s", what) // how often the gate looks differs
	}
	s := l.ended(id)
	t.Logf("%s %s", s.Outcome, s.Reason)
	l.whole(old[0], image, s)
	return requests
}

// next is the image that the container is to be updated to.
func (l *lane) next(c container) string {
	switch first := l.machine.env.Image(firstImage); {
	case l.fails:
		return l.machine.env.Image(badImage)
	case c.Config.Image == first:
		return l.machine.env.Image(secondImage)
	default:
		return first
	}
}

// await returns true once struck is closed, or false if the update ends before.
func (l *lane) await(id string, struck <-chan struct{}) bool {
	l.t.Helper()
	timeout, tick := time.NewTimer(patience), time.NewTicker(5*time.Millisecond)
	defer timeout.Stop()
	defer tick.Stop()
	for {
		select {
		case <-struck:
			return true
		case <-tick.C:
			if m, ok := l.ear.Last(l.topic(id)); ok && l.final(id, m) {
				return false
			}
		case <-timeout.C:
			l.t.Fatalf("the update neither ends nor comes to the point; requests so far: %q", l.proxy.disarm())
		}
	}
}

// whole checks that there is exactly one container, the one that the record says, in the state of before. An engine that
// has just started may still be starting it.
func (l *lane) whole(old container, image string, s status) {
	l.t.Helper()
	var wrong string
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		if wrong = l.flaw(old, image, s); wrong == "" {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	l.t.Errorf("%s; the record says %+v", wrong, s)
}

func (l *lane) flaw(old container, image string, s status) string {
	list, err := l.machine.containers(l.t.Context(), l.name)
	if err != nil {
		return err.Error()
	}
	if len(list) != 1 || list[0].Name != l.name {
		return fmt.Sprintf("there are %+v", list)
	}
	now := list[0]
	successful := s.Status == "successful"
	switch {
	case s.Outcome == string(request.Broken):
		return "the update is broken"
	case successful && (now.ID == old.ID || now.Config.Image != image):
		return fmt.Sprintf("there is %+v, not a new one of %s", now, image)
	case !successful && now.ID != old.ID:
		return fmt.Sprintf("there is %+v, not the old one %s", now, old.ID)
	case successful && l.fails:
		return "an update to what exits at once has succeeded"
	case now.State.Running == l.stopped || now.State.Restarting:
		return fmt.Sprintf("it is %s, and was stopped before: %t", now.State.Status, l.stopped)
	}
	return ""
}

// outcomes are those of results.
func outcomes(results []request.Result) []request.Outcome {
	var all []request.Outcome
	for _, r := range results {
		all = append(all, r.Outcome)
	}
	return slices.Sorted(slices.Values(all))
}
