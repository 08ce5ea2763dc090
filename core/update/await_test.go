package update

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
)

// An update that waits for the old container's own end touches nothing before.
func TestWaitForExit(t *testing.T) {
	for name, tt := range map[string]struct {
		life    func(w *world) // of the old container
		ends    time.Duration  // when the request is called off; 0: never
		outcome request.Outcome
		reason  string
		after   time.Duration // when the old one was stopped, or the update given up
	}{
		"ends": {func(w *world) { w.soon("old", 7*time.Second, func(s *engine.State) { w.exit(s, 0) }) }, 0,
			request.Committed, "", 7 * time.Second},
		"is started again by the engine": {func(w *world) {
			w.soon("old", 7*time.Second, func(s *engine.State) { w.exit(s, 0); w.start(s) })
		}, 0, request.Committed, "", 7 * time.Second},
		"ends, and no event tells": {func(w *world) {
			w.soon("old", 7*time.Second, func(s *engine.State) { s.Running = false })
		}, 0, request.Committed, "", 8 * time.Second},
		"is started again, and no event tells": {func(w *world) {
			w.soon("old", 7*time.Second, func(s *engine.State) { s.StartedAt = time.Now() })
		}, 0, request.Committed, "", 8 * time.Second},
		"goes on":    {func(*world) {}, 0, request.Failed, "did not end by itself within 30s", 30 * time.Second},
		"called off": {func(*world) {}, 5 * time.Second, request.Cancelled, "called off", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(true)
				tt.life(w)
				c := &client{world: w}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if tt.ends > 0 {
					time.AfterFunc(tt.ends, func() { cancel(ErrCalledOff) })
				}
				r := wanted
				r.Options.WaitForExit = request.Duration(30 * time.Second)
				began, taken := time.Now(), time.Duration(0)
				res := c.updater().Update(ctx, r, func(p request.Progress) {
					if p.Step == "retire" || p.Step == "rollback" {
						taken = time.Since(began)
					}
				})
				if taken == 0 {
					taken = time.Since(began)
				}
				if res.Outcome != tt.outcome || !strings.Contains(res.Reason, tt.reason) || taken != tt.after {
					t.Errorf("%+v after %s", res, taken)
				}
				w.whole(t, true, tt.outcome)
			})
		})
	}
}

func TestWaitForOwnExit(t *testing.T) {
	w := newWorld(true)
	c := &client{world: w, self: "old"}
	r := wanted
	r.Options.WaitForExit = request.Duration(time.Second)
	res := c.updater().Update(t.Context(), r, noSteps)
	if res.Outcome != request.Failed || !strings.Contains(res.Reason, "wait_for_exit") {
		t.Errorf("%+v", res)
	}
	w.whole(t, true, request.Failed)
}

// One like another container is left to itself, whatever becomes of it.
func TestInstallLike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fresh("exits")
		r := wantedNew
		r.Options.Like = theName
		began := time.Now()
		res := c.updater().Install(t.Context(), r, func(ctx context.Context) (string, error) {
			return c.CreateNext(ctx, &engine.Plan{NewImage: r.Image}, r.Target, map[string]string{LabelUpdate: r.ID})
		}, noSteps)
		if res.Outcome != request.Committed || time.Since(began) > 0 {
			t.Errorf("%+v after %s", res, time.Since(began))
		}
		if made := c.now(r.Target); made.StartedAt.IsZero() {
			t.Errorf("it was not started: %+v", made)
		}
	})
}
