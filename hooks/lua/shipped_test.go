package lua

import (
	"testing"
	"time"

	"edged/hooks"
)

// shippedSet loads the policies of scripts/lua at a time of day.
func shippedSet(t *testing.T, clock time.Time) *Set {
	t.Helper()
	s, err := Load(Options{Dirs: []string{"../../scripts/lua"}, Clock: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShippedTrustedRegistry(t *testing.T) {
	s := shippedSet(t, time.Now())
	for ref, want := range map[string]hooks.Verdict{
		"nginx":                                  hooks.VerdictNone,
		"ghcr.io/a/b:1":                          hooks.VerdictNone,
		"registry.example.com:5000/app":          hooks.VerdictNone,
		"evil.example.com/app":                   hooks.VerdictDeny,
		"ghcr.io.evil.example.com/app":           hooks.VerdictDeny,
		"registry.untrusted.example:5000/app:v1": hooks.VerdictDeny,
	} {
		got := answer(t, s, pullEvent(ref))
		if got.Verdict != want {
			t.Errorf("pull %s: %q (%s), want %q", ref, got.Verdict, got.Reason, want)
		}
	}
	if got := answer(t, s, pullEvent("evil.example.com/app")); got.Reason != "the registry evil.example.com is not trusted" {
		t.Errorf("reason = %q", got.Reason)
	}
}

func TestShippedMaintenanceWindow(t *testing.T) {
	noon := time.Date(2026, 1, 7, 12, 0, 0, 0, time.Local) // a Wednesday
	tests := map[string]struct {
		labels map[string]string
		want   hooks.Verdict
	}{
		"no label":    {nil, hooks.VerdictNone},
		"outside":     {map[string]string{"edged.window": "22:00-05:00"}, hooks.VerdictDefer},
		"inside":      {map[string]string{"edged.window": "11:00-13:00"}, hooks.VerdictNone},
		"other day":   {map[string]string{"edged.window": "Sat,Sun 08:00-14:00"}, hooks.VerdictDefer},
		"urgent":      {map[string]string{"edged.window": "22:00-05:00", "edged.urgent": "true"}, hooks.VerdictNone},
		"misspelt":    {map[string]string{"edged.window": "at night"}, hooks.VerdictError},
		"empty label": {map[string]string{"edged.window": ""}, hooks.VerdictError},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ev := hooks.Event{Phase: hooks.Before, Op: "update", Container: &hooks.Container{Name: "web", Labels: tt.labels}}
			got := answer(t, shippedSet(t, noon), ev)
			if got.Verdict != tt.want {
				t.Errorf("got %q (%s), want %q", got.Verdict, got.Reason, tt.want)
			}
			if got.Verdict == hooks.VerdictDefer && got.Delay != 15*time.Minute {
				t.Errorf("delay = %s", got.Delay)
			}
		})
	}
}

func TestShippedUnhealthyRestart(t *testing.T) {
	s := shippedSet(t, time.Now())
	got := answer(t, s, healthEvent("unhealthy", 3))
	if got.Verdict != hooks.VerdictAction || len(got.Actions) != 1 || got.Actions[0].Op != hooks.OpRestart || got.Actions[0].Target != "" {
		t.Errorf("unhealthy: %+v", got)
	}
	if got := answer(t, s, healthEvent("healthy", 0)); got.Verdict != hooks.VerdictNone {
		t.Errorf("healthy: %+v", got)
	}
	ev := healthEvent("unhealthy", 3)
	ev.Container.Labels = map[string]string{"edged.restart": "never"}
	if got := answer(t, s, ev); got.Verdict != hooks.VerdictNone {
		t.Errorf("with the label: %+v", got)
	}
}
