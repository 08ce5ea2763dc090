package core

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
	"edged/hooks"
)

func TestPrune(t *testing.T) {
	stored := func(e *fakeEngine) {
		e.images = map[string]engine.StoredImage{}
		for _, id := range []string{"old", "used", "before", "id-app:1", "tagged", "young", "foreign"} {
			e.images[id] = engine.StoredImage{Size: 5e6, Used: id == "used"}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		i := newImages(dir, quiet)
		i.replacing("web", madeOf{"app:0", "before"})
		for _, id := range []string{"old", "used", "before", "id-app:1", "tagged", "gone"} {
			i.bring(id, broughtImage{Ref: "ref-" + id, At: time.Now()})
		}
		<-time.After(2 * time.Hour) // in the bubble
		i.bring("young", broughtImage{Ref: "ref-young", At: time.Now()})
		var after hooks.Event
		scripts := answers{"after prune": func(ev hooks.Event) []hooks.Answer { after = ev; return nil }}
		workingIn(t, dir, scripts, stored, func(r *rig) {
			res := r.do(request.Request{ID: "1", Op: request.Prune, Options: request.Options{OlderThan: request.Duration(time.Hour)}})
			if res.Outcome != request.Committed || !slices.Equal(res.Removed, []string{"ref-old"}) || res.FreedBytes != 5e6 {
				t.Errorf("result %+v", res)
			}
			if after.Result == nil || after.Result.FreedBytes != 5e6 {
				t.Errorf("told %+v", after)
			}
			if brought, _ := newImages(dir, quiet).all(); len(brought) != 5 {
				t.Errorf("remembered: %v", brought)
			}
			if res := r.do(request.Request{ID: "2", Op: request.Prune, Options: request.Options{OlderThan: request.Duration(9 * time.Hour)}}); res.Outcome != request.Unchanged {
				t.Errorf("of nothing: %+v", res)
			}
			r.eng.mu.Lock()
			r.eng.imagesErr = errors.New("no list")
			r.eng.mu.Unlock()
			if res := r.do(request.Request{ID: "3", Op: request.Prune}); res.Outcome != request.Failed || res.Reason != "no list" {
				t.Errorf("without a list: %+v", res)
			}
		})
	})
	working(t, nil, stored, func(r *rig) { // nothing is known
		if res := r.do(request.Request{ID: "1", Op: request.Prune}); res.Outcome != request.Unchanged || r.eng.done() != "" {
			t.Errorf("result %+v, the engine did %s", res, r.eng.done())
		}
	})
}

// Only what was not there before a pull is edged's to remove.
func TestPullNotesWhatItBrings(t *testing.T) {
	there := func(e *fakeEngine) { e.images = map[string]engine.StoredImage{"id-app:1": {}} }
	working(t, nil, there, func(r *rig) {
		r.do(request.Request{ID: "1", Op: request.Pull, Image: "app:1"})
		r.do(request.Request{ID: "2", Op: request.Pull, Image: "app:2"})
		r.eng.imagesErr = errors.New("no list")
		r.do(request.Request{ID: "3", Op: request.Pull, Image: "app:3"})
		brought, _ := r.images.all()
		if len(brought) != 1 || brought["id-app:2"].Ref != "app:2" {
			t.Errorf("brought %v", brought)
		}
	})
}

func TestActionPrune(t *testing.T) {
	a := hooks.Action{Op: hooks.OpPrune, Args: map[string]string{"older_than": "168h0m0s"}}
	r := requestOf(hooks.Event{Container: &hooks.Container{Name: "web"}}, "a.lua", a, 1)
	if r.Target != "" || r.Options.OlderThan != request.Duration(168*time.Hour) || r.Validate() != nil || r.Key() != "images" || r.Hook() != hooks.OpPrune {
		t.Errorf("request %+v", r)
	}
}
