package core

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/engine"
)

// appear makes the new container of an update be there all of a sudden.
func (r *rig) appear(id string) {
	name := "web" + update.SuffixNext
	r.eng.mu.Lock()
	r.eng.containers[name] = &engine.State{ID: "id-next", Name: name, Image: "app:2", Status: "created", Labels: map[string]string{
		update.LabelReplaces: "id-web", update.LabelUpdate: id, update.LabelWasRunning: "true",
	}}
	r.eng.mu.Unlock()
	r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected})
}

// What the engine made for an edged that was killed, and showed after recovery, is removed.
func TestStray(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		r.appear("u1")
		<-time.After(2 * strayPause)
		synctest.Wait()
		if r.eng.has("id-next") || !r.eng.has("id-web") {
			t.Errorf("containers: %v", r.eng.containers)
		}
		if got := r.told.outcomes("u1"); got != "failed" {
			t.Errorf("told %q", got)
		}
	})
}

// As long as somebody works on the container it is left alone, and a result that was told is not told again.
func TestStrayOfAKnownUpdate(t *testing.T) {
	slow := func(e *fakeEngine) { e.pulling = make(chan struct{}) }
	working(t, nil, slow, func(r *rig) {
		r.Submit(request.Request{ID: "u1", Op: request.Update, Target: "web", Image: "app:2"})
		synctest.Wait()
		r.appear("u1")
		<-time.After(10 * strayPause)
		synctest.Wait()
		if !r.eng.has("id-next") {
			t.Error("it was removed while its update was under way")
		}
		close(r.eng.pulling)
		<-time.After(2 * strayPause)
		synctest.Wait()
		if r.eng.has("id-next") {
			t.Errorf("containers: %v", r.eng.containers)
		}
		if got := r.told.outcomes("u1"); got != "unchanged" {
			t.Errorf("told %q", got)
		}
	})
}

// A registry that can't be reached is no reason not to use an image that is there, but nobody then knows whether it is
// the newest.
func TestUpdateOffline(t *testing.T) {
	for name, tt := range map[string]struct {
		err     error
		absent  bool
		options request.Options
		outcome request.Outcome
		reason  string
	}{
		"nothing to do":           {err: engine.ErrOffline, outcome: request.Failed, reason: "ask for no pull"},
		"nothing to do, no pull":  {err: engine.ErrOffline, options: request.Options{NoPull: true}, outcome: request.Unchanged},
		"registry answers wrong":  {err: engine.ErrRegistry, outcome: request.Failed, reason: "registry failed"},
		"image is not there":      {err: engine.ErrOffline, absent: true, outcome: request.Failed, reason: "can't be reached"},
		"image is another":        {err: engine.ErrOffline, options: request.Options{Check: true, Force: true}, outcome: request.Needed, reason: "with the image that is present"},
		"asked, nothing is newer": {outcome: request.Unchanged},
	} {
		t.Run(name, func(t *testing.T) {
			working(t, nil, func(e *fakeEngine) { e.pullErr, e.absent = tt.err, tt.absent }, func(r *rig) {
				res := r.do(request.Request{ID: "1", Op: request.Update, Target: "web", Options: tt.options})
				if res.Outcome != tt.outcome || !strings.Contains(res.Reason, tt.reason) || (tt.reason == "") != (res.Reason == "") {
					t.Errorf("%s (%s), want %s (%s)", res.Outcome, res.Reason, tt.outcome, tt.reason)
				}
			})
		})
	}
}
