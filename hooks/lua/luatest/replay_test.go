package luatest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"edged/hooks"
)

// deciding looks at everything that another time or device would show otherwise.
const deciding = `local units = edged.import("lib/units")
edged.before("update", { stage = "mutate" }, function(ev)
  return edged.modify({ labels = { decided = tostring(edged.time.now()) } })
end)
edged.before("update", function(ev)
  edged.kv.incr("n")
  if edged.time.window("00:00-24:00") and edged.device.disk_free > units.mega(1) then
    return edged.defer("1h", "at " .. edged.time.now() .. " on " .. edged.device.id .. " for the " .. edged.kv.get("n") .. ". time")
  end
end)`

func TestReplayFromTheRecordAlone(t *testing.T) {
	dir := folder(t, map[string]string{"a.lua": deciding, "lib/units.lua": "return { mega = function(n) return n * 1e6 end }"})
	rec, err := Eval(t.Context(), []string{dir}, Sample(hooks.Before, "update"))
	if err != nil {
		t.Fatal(err)
	}
	if rec.Decision.Verdict != hooks.VerdictDefer || !strings.HasSuffix(rec.Decision.Reason, " on device-1 for the 1. time") {
		t.Fatalf("decided %s, %s", rec.Decision.Verdict, rec.Decision.Reason)
	}
	data, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := ReadRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Replay(t.Context(), elsewhere, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Same || len(r.Changed) > 0 {
		t.Errorf("replayed %+v\nwas      %+v", r, rec.Decision)
	}
}

func TestReplayWithOtherScripts(t *testing.T) {
	dir := folder(t, map[string]string{"a.lua": deciding, "b.lua": "", "lib/units.lua": "return { mega = function(n) return n * 1e6 end }"})
	rec, err := Eval(t.Context(), []string{dir}, Sample(hooks.Before, "update"))
	if err != nil {
		t.Fatal(err)
	}
	other := folder(t, map[string]string{
		"a.lua": strings.Replace(deciding, `"1h"`, `"2h"`, 1), "c.lua": "", "lib/units.lua": "return { mega = function(n) return n * 1e6 end }",
	})
	r, err := Replay(t.Context(), rec, []string{other})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.lua is another one than the one that was asked then", "b.lua took part then, and is missing", "c.lua is new"}
	if r.Same || !reflect.DeepEqual(r.Changed, want) {
		t.Errorf("same %v, changed %q", r.Same, r.Changed)
	}
}
