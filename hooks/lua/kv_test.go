package lua

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

// pull is a script with one hook before a pull.
func pull(body string) string { return "edged.before(\"pull\", function(ev)\n" + body + "\nend)" }

func TestKV(t *testing.T) {
	tests := []struct{ body, want string }{
		{`return edged.deny(tostring(edged.kv.get("x")))`, "nil"},
		{`return edged.deny(edged.kv.get("x", "none"))`, "none"},
		{`edged.kv.set("x", 1) return edged.deny(tostring(edged.kv.get("x")))`, "1"},
		{`edged.kv.set("x", false) return edged.deny(tostring(edged.kv.get("x", 7)))`, "false"},
		{`edged.kv.set("x", { a = { 1, edged.json.null } }) return edged.deny(edged.json.encode(edged.kv.get("x")))`, `{"a":[1,null]}`},
		{`return edged.deny(edged.kv.incr("n") .. edged.kv.incr("n", 2) .. edged.kv.get("n"))`, "133"},
		{`edged.kv.set("a:1", 1) edged.kv.set("b", 1) edged.kv.set("a:0", 1) return edged.deny(table.concat(edged.kv.list("a:"), " "))`, "a:0 a:1"},
		{`edged.kv.set("x", 1) return edged.deny(tostring(edged.kv.delete("x")) .. tostring(edged.kv.delete("x")) .. tostring(edged.kv.get("x")))`, "truefalsenil"},
		{`edged.kv.set("x", 1, "0s") return edged.deny(tostring(edged.kv.get("x")))`, "nil"},
		{`edged.kv.set("", 1)`, "a key is a text of 1 to 128 bytes"},
		{`edged.kv.set(("k"):rep(129), 1)`, "a key is a text of 1 to 128 bytes"},
		{`edged.kv.set("x", nil)`, "nil can't be kept; edged.kv.delete takes a key away"},
		{`edged.kv.set("x", ("v"):rep(4095))`, "edged.kv: a value of 4097 bytes; 4096 are allowed"},
		{`for i = 1, 300 do edged.kv.set("k" .. i, 1) end`, "edged.kv: more than 256 keys"},
		{`for i = 1, 20 do edged.kv.set("k" .. i, ("v"):rep(4000)) end`, "edged.kv: more than 64 KiB in all"},
		{`for i = 1, 300 do edged.kv.set("k", ("v"):rep(4000)) edged.kv.delete("k") end return edged.deny("fine")`, "fine"},
		{`for i = 1, 300 do edged.kv.set("k" .. i, 1) edged.kv.delete("k" .. i) end return edged.deny("fine")`, "fine"},
		{`edged.kv.set("x", "text") edged.kv.incr("x")`, "edged.kv: the value of 'x' is no number"},
		{`edged.kv.incr("x", 1/0)`, "edged.kv: inf can't be kept"},
		{`local t = {} t.t = t edged.kv.set("x", t)`, "more than 32 tables within tables"},
	}
	for _, tt := range tests {
		got := answer(t, one(t, pull(tt.body), withKV(hooks.NewMemoryKV())), pullEvent("a"))
		if got.Reason != tt.want && !(got.Verdict == hooks.VerdictError && strings.Contains(got.Reason, tt.want)) {
			t.Errorf("%s: %q, want %q", tt.body, got.Reason, tt.want)
		}
	}
}

func TestKVKeepsOverEvents(t *testing.T) {
	kv := hooks.NewMemoryKV()
	now := time.Unix(1700000000, 0)
	clock := func(o *Options) { o.Clock = func() time.Time { return now } }
	s := load(t, map[string]string{
		"1.lua": pull(`return edged.deny(edged.kv.incr("n", 1, "1h"))`),
		"2.lua": pull(`return edged.deny(edged.kv.incr("n"))`),
	}, withKV(kv), clock)
	for i, want := range []string{"1 1", "2 2", "1 3"} { // after an hour the first begins anew
		if i == 2 {
			now = now.Add(2 * time.Hour)
		}
		got, _ := s.Ask(context.Background(), pullEvent("a"))
		if said := got[0].Reason + " " + got[1].Reason; said != want {
			t.Errorf("event %d: %s, want %s", i, said, want)
		}
	}
}

func TestAFailedHookKeepsNothing(t *testing.T) {
	kv := hooks.NewMemoryKV()
	s := one(t, pull(`edged.kv.set("good", 1)`)+"\n"+pull(`edged.kv.set("bad", 1) edged.kv.set("good", 2) error("no")`)+"\n"+
		pull(`return edged.deny(edged.json.encode({ edged.kv.get("good"), edged.kv.get("bad", "none") }))`), withKV(kv))
	got, _ := s.Ask(context.Background(), pullEvent("a"))
	if got[2].Reason != `[1,"none"]` {
		t.Errorf("the third hook saw %s", got[2].Reason)
	}
	tx, err := kv.Begin(t.Context(), "10-test.lua")
	if err != nil {
		t.Fatal(err)
	}
	if e := tx.Entries(); len(e) != 1 || e["good"].Value != "1" {
		t.Errorf("kept %v", e)
	}
}

func TestDryRunsKeepNothing(t *testing.T) {
	kv := hooks.NewMemoryKV()
	ev := pullEvent("a")
	ev.DryRun = true
	s := one(t, pull(`return edged.deny(edged.kv.incr("n"))`), withKV(kv))
	for range 2 {
		if got := answer(t, s, ev); got.Reason != "1" {
			t.Errorf("reason = %s", got.Reason)
		}
	}
}

// fullKV fails in one way or another.
type fullKV struct{}

type fullTx struct{ hooks.KVTx }

func (fullKV) Begin(context.Context, string) (hooks.KVTx, error) { return fullTx{}, nil }
func (fullTx) Entries() map[string]hooks.KVEntry                 { return nil }
func (fullTx) Commit(map[string]*hooks.KVEntry) error            { return errors.New("no space left") }
func (fullTx) Close()                                            {}

func TestWhatCannotBeKeptIsAFailure(t *testing.T) {
	got := answer(t, one(t, pull(`edged.kv.set("x", 1) return edged.allow()`), withKV(fullKV{})), pullEvent("a"))
	if got.Verdict != hooks.VerdictError || got.Reason != "10-test.lua:1: edged.kv: values can't be kept: no space left" {
		t.Errorf("got %+v", got)
	}
	got = answer(t, one(t, pull(`edged.kv.get("x")`)), pullEvent("a"))
	if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, "nothing is kept here") {
		t.Errorf("without a kv: %+v", got)
	}
}

// Two events that add to the same number must not lose one of them.
func TestKVUnderConcurrentEvents(t *testing.T) {
	kv := hooks.NewMemoryKV()
	s := one(t, pull(`edged.kv.incr("n") for i = 1, 1000 do end`), withKV(kv))
	const events = 40
	done := make(chan error)
	for range events {
		go func() {
			got, _ := s.Ask(context.Background(), pullEvent("a"))
			var err error
			if got[0].Verdict != hooks.VerdictNone {
				err = fmt.Errorf("answer %+v", got[0])
			}
			done <- err
		}()
	}
	for range events {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	tx, err := kv.Begin(t.Context(), "10-test.lua")
	if err != nil {
		t.Fatal(err)
	}
	if got := tx.Entries()["n"].Value; got != fmt.Sprint(events) {
		t.Errorf("counted %s events of %d", got, events)
	}
}

// A script whose values another event holds waits no longer than the deadline.
func TestKVWaitsWithinTheDeadline(t *testing.T) {
	kv := hooks.NewMemoryKV()
	if _, err := kv.Begin(t.Context(), "10-test.lua"); err != nil {
		t.Fatal(err)
	}
	s := one(t, pull(`edged.kv.get("x")`), withKV(kv), func(o *Options) { o.Deadline = 20 * time.Millisecond })
	if got := answer(t, s, pullEvent("a")); got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, "another event had the values") {
		t.Errorf("answer %+v", got)
	}
}
