package core

import (
	"strings"
	"testing"
	"time"

	"edged/core/report"
	"edged/core/watch"
)

// loopRig feeds changes of one container to a counter of crashes, with a clock of its own.
type loopRig struct {
	*testing.T
	*crashes
	now time.Time
}

func newLoopRig(t *testing.T) *loopRig {
	return &loopRig{t, newCrashes(CrashLoop{Threshold: 3, Window: time.Minute, Soak: 30 * time.Second}), time.Unix(1e9, 0)}
}

// after lets time pass, and returns what is told of it and of the change.
func (r *loopRig) after(d time.Duration, ch watch.Change) string {
	r.now = r.now.Add(d)
	out, _ := r.due(r.now)
	out = append(out, r.note(ch, "web", r.now)...)
	var said []string
	for _, rec := range out {
		if a := rec.(report.Alarm); a.Text == "" {
			said = append(said, "cleared")
		} else {
			said = append(said, a.Text)
		}
	}
	return strings.Join(said, ", ")
}

func ends(code int, state string, exits int) watch.Change {
	c := plain("a", "web", state, "")
	c.ExitCode = code
	return watch.Change{Container: c, Exits: exits}
}

func is(state, health string) watch.Change {
	return watch.Change{Container: plain("a", "web", state, health)}
}

func TestCrashLoopAlarm(t *testing.T) {
	r := newLoopRig(t)
	steps := []struct {
		after  time.Duration
		change watch.Change
		want   string
	}{
		{0, is("running", ""), ""},
		{0, ends(1, "running", 1), ""},
		{time.Second, ends(1, "restarting", 1), ""},
		{time.Second, ends(1, "running", 1), "web has ended 3 times within 2s, the last time with exit code 1"},
		{29 * time.Second, ends(1, "running", 1), ""}, // still
		{29 * time.Second, is("running", ""), ""},
		{2 * time.Second, is("running", ""), "cleared"},
		{0, ends(1, "running", 2), ""}, // counted anew
		{2 * time.Minute, ends(1, "running", 1), ""},
		{0, ends(1, "running", 9), "web has ended 3 times within 0s, the last time with exit code 1"},
		{time.Hour, watch.Change{Container: plain("a", "web", "exited", ""), Gone: true}, "cleared"},
		{0, watch.Change{Container: plain("a", "web", "exited", ""), Gone: true}, ""},
	}
	for i, s := range steps {
		if got := r.after(s.after, s.change); got != s.want {
			t.Errorf("step %d: told %q, want %q", i, got, s.want)
		}
	}
	if len(r.loops) != 0 {
		t.Errorf("left over: %v", r.loops)
	}
}

// With a healthcheck, to run is not enough.
func TestCrashLoopNeedsHealth(t *testing.T) {
	r := newLoopRig(t)
	r.after(0, ends(1, "running", 3))
	r.after(0, is("running", "starting"))
	if got := r.after(time.Hour, is("running", "healthy")); got != "" {
		t.Errorf("told %q of a container that is not healthy yet", got)
	}
	r.after(20*time.Second, is("running", "unhealthy"))
	r.after(20*time.Second, is("running", "healthy"))
	if got := r.after(20*time.Second, is("running", "healthy")); got != "" {
		t.Errorf("told %q after 20 s of health", got)
	}
	if got := r.after(11*time.Second, is("running", "healthy")); got != "cleared" {
		t.Errorf("told %q after 31 s of health", got)
	}
}

// Who is stopped by somebody has not crashed.
func TestStoppedIsNoCrash(t *testing.T) {
	for _, ch := range []watch.Change{ends(143, "running", 1), ends(137, "running", 1), ends(0, "exited", 1)} {
		r := newLoopRig(t)
		for range 5 {
			if got := r.after(time.Second, ch); got != "" {
				t.Errorf("%+v: told %q", ch.Container, got)
			}
		}
		r.due(r.now.Add(time.Hour))
		if len(r.loops) != 0 {
			t.Errorf("remembered for ever: %v", r.loops)
		}
	}
}

// An alarm of an earlier run is cleared like one's own.
func TestCrashLoopIsAdopted(t *testing.T) {
	r := newLoopRig(t)
	r.adopt("web", true, r.now)
	if got := r.after(29*time.Second, is("running", "")); got != "" {
		t.Errorf("told %q too early", got)
	}
	if got := r.after(2*time.Second, is("running", "")); got != "cleared" {
		t.Errorf("told %q", got)
	}
	r.adopt("web", false, r.now)
	if got := r.after(time.Hour, is("exited", "")); got != "" {
		t.Errorf("told %q of a container that does not run", got)
	}
}

func TestNoCrashLoopAlarms(t *testing.T) {
	s := newCrashes(CrashLoop{})
	if out := s.note(ends(1, "running", 9), "web", time.Now()); out != nil {
		t.Errorf("told %v", out)
	}
}
