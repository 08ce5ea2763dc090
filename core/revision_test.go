package core

import (
	"slices"
	"testing"
	"time"

	"edged/core/policy"
	"edged/core/request"
	"edged/engine"
	"edged/hooks"
)

// event is the newest event of a phase and an operation that the scripts were asked about.
func (s *fakeScripts) event(t *testing.T, phase hooks.Phase, op string) hooks.Event {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range slices.Backward(s.asked) {
		if ev.Phase == phase && ev.Op == op {
			return ev
		}
	}
	t.Fatalf("nobody was asked about %s %s", phase, op)
	return hooks.Event{}
}

// Scripts see what runs, what is to run, and in which fields that differs, and for whom an image is pulled.
func TestRevisionsInEvents(t *testing.T) {
	listen := answers{"before update": always(), "before pull": always(), "after pull": always(), "before stop": always(), "before create": always()}
	settled := func(e *fakeEngine) {
		e.containers["web"].ImageID = "id-app:1"
		e.containers["web"].Settings = engine.Settings{Env: []string{"A=1", "B=2"}, Restart: "always", CPUs: 2, StopTimeout: 3 * time.Second}
	}
	working(t, listen, settled, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Update, Target: "web", Image: "app:2", Options: request.Options{
			Env: []string{"B=3"}, Labels: map[string]string{"x": "y"}, Memory: 9, Restart: "no",
		}})
		ev := r.scripts.event(t, hooks.Before, "update")
		now, next := ev.Current, ev.Desired
		if now.Ref != "app:1" || now.Env["B"] != "2" || now.Restart != "always" || now.CPUs != 2 || now.StopTimeout != 3 || now.Size != 7e6 {
			t.Errorf("current %+v", now)
		}
		if next.Tag != "2" || next.Env["A"] != "1" || next.Env["B"] != "3" || next.Labels["x"] != "y" || next.Memory != 9 || next.CPUs != 2 || next.Arch != "arm64" {
			t.Errorf("desired %+v", next)
		}
		if want := []string{"image", "env", "labels", "restart", "memory"}; !slices.Equal(ev.Changes, want) {
			t.Errorf("changes %q", ev.Changes)
		}
		if ev := r.scripts.event(t, hooks.Before, "pull"); ev.Container == nil || ev.Container.ID != "id-web" || ev.Image.Size != 7e6 {
			t.Errorf("pull %+v", ev)
		}
		if ev := r.scripts.event(t, hooks.After, "pull"); !ev.OK || ev.Container.Name != "web" || ev.Result.Outcome != "committed" {
			t.Errorf("after the pull %+v", ev)
		}

		r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"})
		if ev := r.scripts.event(t, hooks.Before, "stop"); ev.Desired != nil || ev.Changes != nil || ev.Image.Ref != "app:1" || ev.Image.Size != 7e6 {
			t.Errorf("stop %+v", ev)
		}
		r.do(request.Request{ID: "3", Op: request.Install, Target: "db", Image: "db:1", Options: request.Options{Env: []string{"C=4"}, CPUs: 1}})
		if ev := r.scripts.event(t, hooks.Before, "create"); ev.Current != nil || ev.Desired.Env["C"] != "4" || ev.Desired.CPUs != 1 {
			t.Errorf("create %+v", ev)
		}
		if ev := r.scripts.event(t, hooks.Before, "pull"); ev.Container.Name != "db" || ev.Container.ID != "" {
			t.Errorf("pull for what is not there yet %+v", ev)
		}
	})
}

// A tag that means another image by now is a change, and so is one that nobody knows of here.
func TestMovedTag(t *testing.T) {
	moved := func(e *fakeEngine) { e.containers["web"].ImageID = "id-before" }
	working(t, answers{"before update": always()}, moved, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Update, Target: "web"})
		if ev := r.scripts.event(t, hooks.Before, "update"); !slices.Equal(ev.Changes, []string{"image"}) || ev.Desired.Ref != "app:1" {
			t.Errorf("update %+v", ev)
		}
	})
}

// Who overrides the scripts for a container does so for the pull of its update.
func TestOverrideCoversThePull(t *testing.T) {
	working(t, answers{"before pull": always(sayDeny)}, nil, func(r *rig) {
		update := request.Request{ID: "1", Op: request.Update, Target: "web", Image: "app:2"}
		if res := r.do(update); res.Outcome != request.Denied {
			t.Errorf("result %+v", res)
		}
		r.policy.Override(policy.Override{Name: "web", Until: time.Now().Add(time.Hour), Reason: "hot fix", Actor: "cli"})
		update.ID = "2"
		if res := r.do(update); res.Outcome != request.Unchanged {
			t.Errorf("result %+v", res)
		}
	})
}
