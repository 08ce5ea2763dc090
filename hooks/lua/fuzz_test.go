package lua

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

// FuzzJSON reads what the fuzzer makes up as a script does, writes it, and reads
// it again.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a":[],"b":{},"c":null,"d":[1,{"e":"f"}]}`, `"\ud800\n"`, `[1e308,-0,1.5]`, `{"1":2}`, `[[[[]]]]`, ` null `, `{"a":1,"a":2}`} {
		f.Add(text)
	}
	s := one(f, pull(`
		local v, err = edged.json.decode(ev.actor)
		if err then return edged.deny("no JSON") end
		local text = edged.json.encode(v)
		if text ~= edged.json.encode(edged.json.decode(text)) then error("not the same: " .. text) end
		return edged.allow(text)`), func(o *Options) { o.Deadline = time.Minute })
	f.Fuzz(func(t *testing.T, text string) {
		ev := pullEvent("a")
		ev.Actor = text
		got := answer(t, s, ev)
		switch {
		case strings.Contains(got.Reason, "within values"), text == "", len(text) > 10_000:
		case readable(text) != (got.Verdict == hooks.VerdictAllow):
			t.Errorf("%q: %s %s", text, got.Verdict, got.Reason)
		case got.Verdict == hooks.VerdictAllow && !sameJSON(text, got.Reason):
			t.Errorf("%q became %q", text, got.Reason)
		}
	})
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// FuzzAnswer makes answers and actions of what the fuzzer makes up, and sees to it
// that whatever comes of it is one that edged knows.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		`{"image":"a:1","attempts":3}`, `{"env":{"A":"1"},"labels":{"b":"c"},"stop_timeout":"90s","health_gate":5}`,
		`{"container":"web","after":"10s","reason":"x"}`, `{"type":"a","text":"b","severity":"minor"}`, `"30m"`, `-1`, `[1]`, `{"":""}`,
	} {
		for way := range 6 {
			f.Add(text, way)
		}
	}
	const body = `
		local v, ways = edged.json.decode(ev.actor), { edged.modify, edged.defer, edged.deny, edged.allow, edged.restart, edged.alarm }
		return ways[ev.attempt + 1](v, ev.attempt < 2 and "why" or nil)`
	s := load(f, map[string]string{"10-test.lua": `local function f(ev) ` + body + ` end edged.before("update", f) edged.before("pull", f) edged.on("boot", f)`})
	f.Fuzz(func(t *testing.T, text string, way int) {
		way &= 7
		for _, ev := range []hooks.Event{{Phase: hooks.Before, Op: "update"}, {Phase: hooks.Before, Op: "pull"}, {Phase: hooks.On, Op: "boot"}} {
			ev.Actor, ev.Attempt = text, way
			got, _ := s.Ask(context.Background(), ev)
			if len(got) != 1 {
				t.Fatalf("%d answers", len(got))
			}
			checkAnswer(t, ev, got[0])
		}
	})
}

func checkAnswer(t *testing.T, ev hooks.Event, a hooks.Answer) {
	t.Helper()
	if strings.Contains(a.Reason, "internal error") {
		t.Error(a.Reason)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
	if a.Verdict == hooks.VerdictDefer && a.Delay <= 0 {
		t.Errorf("a defer of %s", a.Delay)
	}
	var known []string
	for _, field := range patchFields(hooks.Op(ev.Op)) {
		known = append(known, field.Name)
	}
	for field, v := range a.Patch {
		if !slices.Contains(known, field) || v == nil || a.Verdict != hooks.VerdictModify || ev.Phase != hooks.Before {
			t.Errorf("%s of %s: %s = %v", a.Verdict, ev.Op, field, v)
		}
	}
	for _, action := range a.Actions {
		if action.Op == "" || action.After < 0 {
			t.Errorf("action %+v", action)
		}
	}
}

// readable leaves out what is JSON but has numbers beyond those of Lua.
func readable(text string) bool {
	var v any
	return json.Unmarshal([]byte(text), &v) == nil
}
