package core

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"edged/core/request"
	"edged/core/update"
	"edged/hooks"
)

func TestImagesBefore(t *testing.T) {
	dir := t.TempDir()
	i := newImages(dir, quiet)
	id := func(now string) string {
		m, _ := newImages(dir, quiet).before("web", now) // as after a restart
		return m.ID
	}
	if id("a") != "" {
		t.Error("there is an image before anything was updated")
	}
	i.replacing("web", madeOf{"app:1", "a"})
	if id("a") != "" || id("b") != "a" {
		t.Errorf("after an update that came to nothing: %q; after one from a to b: %q", id("a"), id("b"))
	}
	i.replacing("web", madeOf{"app:2", "b"})
	if id("b") != "a" || id("c") != "b" {
		t.Errorf("after an update from b that came to nothing: %q; to c: %q", id("b"), id("c"))
	}
	i.replacing("web", madeOf{"app:2", "c"})
	if id("d") != "c" || id("c") != "b" { // rolled back from d to c, and once more
		t.Errorf("before d: %q, before c: %q", id("d"), id("c"))
	}
	file := filepath.Join(dir, "images.json")
	written, _ := os.Stat(file)
	i.replacing("web", madeOf{"app:2", "c"})
	if again, _ := os.Stat(file); !os.SameFile(written, again) {
		t.Error("written though nothing has changed")
	}
	i.removed("web")
	if id("d") != "" {
		t.Error("a removed container is remembered")
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if id("d") != "" {
		t.Error("something is known from a file without sense")
	}
}

func TestRollback(t *testing.T) {
	do := func(t *testing.T, prepare func(e *fakeEngine), scripts answers, want request.Outcome, reason, did string) {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			newImages(dir, quiet).replacing("web", madeOf{"app:0", "before"})
			workingIn(t, dir, scripts, prepare, func(r *rig) {
				r.eng.containers["web"].ImageID = "now"
				res := r.do(request.Request{ID: "1", Op: request.Rollback, Target: "web"})
				if res.Outcome != want || res.Op != request.Rollback || !strings.Contains(res.Reason, reason) {
					t.Errorf("result %+v", res)
				}
				if got := r.eng.done(); got != did {
					t.Errorf("the engine did %q, want %q", got, did)
				}
			})
		})
	}
	t.Run("done, without a pull", func(t *testing.T) {
		scripts := answers{"before rollback": func(ev hooks.Event) []hooks.Answer {
			if ev.Desired.Ref != "app:0" || ev.Current.Ref != "app:1" || ev.Strategy != request.Replace {
				t.Errorf("asked about %+v -> %+v", ev.Current, ev.Desired)
			}
			return nil
		}}
		do(t, nil, scripts, request.Unchanged, "", "plan web of app:0-before")
	})
	t.Run("denied", func(t *testing.T) {
		do(t, nil, answers{"before rollback": always(sayDeny)}, request.Denied, "rollback denied", "")
	})
	t.Run("gone", func(t *testing.T) {
		do(t, func(e *fakeEngine) { e.absent = true }, nil, request.Failed, "roll web back: image before", "")
	})
	t.Run("done before edged ended", func(t *testing.T) {
		do(t, func(e *fakeEngine) { e.containers["web"].Labels = map[string]string{update.LabelUpdate: "1"} }, nil, request.Unchanged, "", "")
	})
	t.Run("nothing before", func(t *testing.T) {
		working(t, nil, nil, func(r *rig) {
			res := r.do(request.Request{ID: "1", Op: request.Rollback, Target: "web"})
			if res.Outcome != request.Failed || !strings.Contains(res.Reason, "no image before app:1 is known") {
				t.Errorf("result %+v", res)
			}
			if res := r.do(request.Request{ID: "2", Op: request.Rollback, Target: "db"}); res.Outcome != request.NotFound {
				t.Errorf("of no container: %+v", res)
			}
		})
	})
}
