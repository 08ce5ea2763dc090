package request

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

func TestValidate(t *testing.T) {
	check := Options{Check: true}
	tests := []struct {
		request Request
		fails   string // empty: it is valid
	}{
		{Request{Op: Pull, Image: "a"}, ""},
		{Request{Op: Install, Target: "web", Image: "a"}, ""},
		{Request{Op: Install, Target: "web", Image: "a", Options: check}, ""},
		{Request{Op: Update, Target: "web"}, ""},
		{Request{Op: Update, Target: "web", Options: check}, ""},
		{Request{Op: Start, Target: "web"}, ""},
		{Request{Op: Stop, Target: "web"}, ""},
		{Request{Op: Restart, Target: "web"}, ""},
		{Request{Op: Remove, Target: "web"}, ""},
		{Request{Op: Command, Run: &hooks.Command{Name: "reset"}, Trigger: hooks.TriggerPolicy}, ""},
		{Request{Op: Command, Run: &hooks.Command{Name: "reset"}, Trigger: hooks.TriggerCommand}, "only scripts"},
		{Request{Op: Command, Trigger: hooks.TriggerPolicy}, "only scripts"},
		{Request{Target: "web"}, "op is missing"},
		{Request{Op: "clone", Target: "web"}, `"clone"`},
		{Request{Op: Pull}, "image is missing"},
		{Request{Op: Install, Target: "web"}, "image is missing"},
		{Request{Op: Install, Image: "a"}, "container is missing"},
		{Request{Op: Stop}, "container is missing"},
		{Request{Op: Stop, Target: "web", Options: check}, "check"},
		{Request{Op: Update, Target: "web", Options: Options{WaitForExit: 1}}, ""},
		{Request{Op: Update, Target: "web", Options: Options{AutoRemove: true}}, "auto_remove"},
		{Request{Op: Install, Target: "job", Options: Options{Like: "web", AutoRemove: true}}, ""},
		{Request{Op: Update, Target: "web", Options: Options{WaitForExit: 1, Strategy: Handover}}, "wait_for_exit"},
		{Request{Op: Pull, Image: "a", Options: check}, "check"},
	}
	for _, tt := range tests {
		err := tt.request.Validate()
		if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%+v: %v, want %q", tt.request, err, tt.fails)
		}
	}
}

func TestComplete(t *testing.T) {
	a, b, c := Request{}, Request{}, Request{ID: "mine"}
	a.Complete()
	b.Complete()
	c.Complete()
	if len(a.ID) != 26 || a.ID == b.ID || c.ID != "mine" {
		t.Errorf("ids %q, %q, %q", a.ID, b.ID, c.ID)
	}
}

func TestHookAndKey(t *testing.T) {
	tests := []struct {
		request Request
		hook    hooks.Op
		key     string
	}{
		{Request{Op: Pull, Image: "a:1"}, hooks.OpPull, "image a:1"},
		{Request{Op: Install, Target: "web", Image: "a"}, hooks.OpCreate, "container web"},
		{Request{Op: Update, Target: "web"}, hooks.OpUpdate, "container web"},
		{Request{Op: Command, Run: &hooks.Command{Name: "reset"}}, hooks.OpCommand, "command reset"},
		{Request{Op: Restart, Target: "web"}, hooks.OpRestart, "container web"},
		{Request{Op: Restart, Target: "web", Recover: true}, hooks.OpRecover, "container web"},
	}
	for _, tt := range tests {
		if hook, key := tt.request.Hook(), tt.request.Key(); hook != tt.hook || key != tt.key {
			t.Errorf("%+v: %s, %q; want %s, %q", tt.request, hook, key, tt.hook, tt.key)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{`"1m30s"`: 90 * time.Second, `90`: 90 * time.Second, `0.5`: 500 * time.Millisecond, `"0s"`: 0} {
		var d Duration
		if err := json.Unmarshal([]byte(text), &d); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %s, %v; want %s", text, time.Duration(d), err, want)
		}
	}
	for _, text := range []string{`"soon"`, `true`, `[]`, `{`} {
		var d Duration
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%s was taken as %s", text, time.Duration(d))
		}
	}
	out, err := json.Marshal(Options{StopTimeout: Duration(90 * time.Second)})
	if err != nil || string(out) != `{"stop_timeout":"1m30s"}` {
		t.Errorf("written as %s, %v", out, err)
	}
}

func TestOutcomes(t *testing.T) {
	tests := map[Outcome]struct {
		code      int
		ok, final bool
	}{
		Committed: {0, true, true}, Unchanged: {0, true, true}, Needed: {0, true, true},
		NotFound: {3, false, true}, Conflict: {4, false, true}, Cancelled: {5, false, true},
		Denied: {10, false, true}, Deferred: {11, false, false}, Failed: {12, false, true},
		RolledBack: {13, false, true}, Broken: {14, false, true}, Invalid: {64, false, true},
		"": {1, false, false},
	}
	for o, want := range tests {
		if o.ExitCode() != want.code || o.OK() != want.ok || o.Final() != want.final {
			t.Errorf("%s: %d, %v, %v; want %+v", o, o.ExitCode(), o.OK(), o.Final(), want)
		}
	}
}
