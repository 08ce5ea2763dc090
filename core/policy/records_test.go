package policy

import (
	"encoding/json"
	"testing"

	"edged/hooks"
)

// TestRecordsHaveTheScripts wants the scripts with a decision as long as they are
// the last good ones.
func TestRecordsHaveTheScripts(t *testing.T) {
	f := &folder{dir: t.TempDir(), files: map[string]string{"a.lua": "one"}}
	p := f.boot(&told{})
	p.Decide(t.Context(), hooks.Event{ID: "e1", Phase: hooks.Before, Op: "stop"})
	sources := func() int {
		text, ok := p.Decision("e1")
		var rec hooks.Record
		if !ok || json.Unmarshal(text, &rec) != nil {
			t.Fatalf("record %s", text)
		}
		if len(rec.Sources) > 0 && rec.Sources[0].Text != "one" {
			t.Errorf("sources %+v", rec.Sources)
		}
		return len(rec.Sources)
	}
	if n := sources(); n != 1 {
		t.Errorf("%d sources with the decision", n)
	}
	f.files["a.lua"] = "two"
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	if n := sources(); n != 0 {
		t.Errorf("%d sources of other scripts with the decision", n)
	}
}
