package core

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/api"
	"edged/core/request"
	"edged/core/update"
	"edged/engine"
)

// interruptedAtTheGate is an engine with an update of web whose new container has the name.
func interruptedAtTheGate() *fakeEngine {
	return &fakeEngine{events: make(chan engine.Event), containers: map[string]*engine.State{
		"web" + update.SuffixPrev: {ID: "id-web", Name: "web" + update.SuffixPrev, Image: "app:1", Status: "exited"},
		"web": {ID: "id-new", Name: "web", Image: "app:2", Status: "created", Labels: map[string]string{
			update.LabelReplaces: "id-web", update.LabelUpdate: "u1", update.LabelWasRunning: "true",
		}},
	}}
}

// repair repairs, and returns what came of it.
func repair(ctx context.Context, e *fakeEngine, s Settings) (outcomes []request.Outcome, err error) {
	s.Gate.StableFor = 3 * time.Second
	connect := func(context.Context) (Engine, api.Engine, error) { return e, api.Engine{}, nil }
	err = Repair(ctx, connect, s, quiet, func(r request.Result) { outcomes = append(outcomes, r.Outcome) })
	return outcomes, err
}

func (f *fakeEngine) has(nameOrID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.get(nameOrID)
	return err == nil
}

func TestRepair(t *testing.T) {
	tests := map[string]struct {
		kept string // what stands in the file of the attempts
		want request.Outcome
	}{
		"first attempt":  {"", request.Committed},
		"fourth":         {`{"u1":3}`, request.Committed},
		"fifth":          {`{"u1":4}`, request.RolledBack},
		"another update": {`{"u0":4}`, request.Committed},
		"broken file":    {`{"u1":`, request.Committed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "attempts.json")
				if tt.kept != "" {
					if err := os.WriteFile(file, []byte(tt.kept), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				e := interruptedAtTheGate()
				got, err := repair(t.Context(), e, Settings{StateDir: dir})
				if err != nil || fmt.Sprint(got) != fmt.Sprintf("[%s]", tt.want) {
					t.Errorf("outcomes %v, %v; want %s", got, err, tt.want)
				}
				if isNew := tt.want == request.Committed; e.has("id-new") != isNew || e.has("id-web") == isNew {
					t.Errorf("%s, but the containers are %v", tt.want, e.containers)
				}
				aside := 0
				if !json.Valid([]byte(cmp.Or(tt.kept, "{}"))) {
					aside = 1
				}
				if left, err := os.ReadDir(dir); err != nil || len(left) != aside || aside == 1 && left[0].Name() != "attempts.json.broken" {
					t.Errorf("left behind: %v, %v", left, err)
				}
				if again, err := repair(t.Context(), e, Settings{StateDir: dir}); err != nil || len(again) > 0 {
					t.Errorf("repaired again: %v, %v", again, err)
				}
			})
		})
	}
}

// An update that ended with edged is counted, and the next start goes on with it.
func TestRepairIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, e := t.TempDir(), interruptedAtTheGate()
		for attempt := 1; attempt < 5; attempt++ {
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, stop)
			got, err := repair(ctx, e, Settings{StateDir: dir})
			if len(got) > 0 || !errors.Is(err, context.Canceled) {
				t.Errorf("attempt %d: outcomes %v, %v", attempt, got, err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "attempts.json"))
			if want := fmt.Sprintf(`{"u1":%d}`, attempt); err != nil || string(text) != want {
				t.Errorf("kept %s, %v; want %s", text, err, want)
			}
		}
		got, err := repair(t.Context(), e, Settings{StateDir: dir})
		if err != nil || len(got) != 1 || got[0] != request.RolledBack || !e.has("id-web") {
			t.Errorf("the last attempt: %v, %v; %v", got, err, e.containers)
		}
	})
}

// A folder that can't be written costs the count, and no update.
func TestRepairWithoutState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		got, err := repair(t.Context(), interruptedAtTheGate(), Settings{StateDir: filepath.Join(file, "state")})
		if err != nil || len(got) != 1 || got[0] != request.Committed {
			t.Errorf("outcomes %v, %v", got, err)
		}
	})
}

func TestRepairLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		filter, err := NewFilter(Pick{}, Pick{Names: []string{"web"}})
		if err != nil {
			t.Fatal(err)
		}
		e := interruptedAtTheGate()
		// Another edged's, that has gone on since the engine was asked.
		e.containers["web.edged-next"] = &engine.State{ID: "id-third", Name: "web.edged-next", Labels: map[string]string{
			update.LabelReplaces: "gone", update.LabelUpdate: "u2",
		}}
		got, err := repair(t.Context(), e, Settings{StateDir: t.TempDir(), Filter: filter})
		if err != nil || len(got) > 0 || !e.has("id-new") || !e.has("id-web") {
			t.Errorf("outcomes %v, %v; %v", got, err, e.containers)
		}
	})
}
