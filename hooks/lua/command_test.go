package lua

import (
	"reflect"
	"strings"
	"testing"

	"edged/hooks"
)

func TestCommands(t *testing.T) {
	reset := granted(hooks.Grants{Actions: []string{"reset"}})
	const needs = `edged.needs { "action:reset" } `
	got := answer(t, one(t, needs+pull(`edged.action("reset", { port = "1" }) return edged.deny("no")`), reset), pullEvent("a"))
	want := []hooks.Action{{Op: hooks.OpCommand, Target: "reset", Args: map[string]string{"port": "1"}}}
	if got.Verdict != hooks.VerdictDeny || !reflect.DeepEqual(got.Actions, want) {
		t.Errorf("got %+v", got)
	}
	for body, want := range map[string]string{
		`edged.action("reset") error("after all")`:                                    "after all",
		`edged.action("reboot")`:                                                      "'reboot' is in none of the file's needs",
		`edged.action("reset", { port = 1 })`:                                         "field 'port' must be a string",
		`edged.action("reset", { "x" })`:                                              "a table of named fields",
		`edged.action("reset", { x = ("y"):rep(2000) })`:                              "10 arguments of 1024 bytes at most",
		`for i = 1, 50 do edged.action("reset") end`:                                  "more than 10 commands of one hook",
		`local a = {} for i = 1, 50 do a["k" .. i] = "" end edged.action("reset", a)`: "10 arguments",
	} {
		got := answer(t, one(t, needs+pull(body), reset), pullEvent("a"))
		if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, want) || len(got.Actions) > 0 {
			t.Errorf("%s: %+v, want %q", body, got, want)
		}
	}
}

func TestActions(t *testing.T) {
	tests := []struct {
		expr string
		want []hooks.Action
	}{
		{`edged.prune { older_than = "7d", reason = "r" }`, []hooks.Action{{Op: hooks.OpPrune, Args: map[string]string{"older_than": "168h0m0s"}, Reason: "r"}}},
		{`edged.rollback { container = "web", after = 5 }`, []hooks.Action{{Op: hooks.OpRollback, Target: "web", After: 5e9}}},
		{`edged.start(), edged.stop { container = "b" }`, []hooks.Action{{Op: hooks.OpStart}, {Op: hooks.OpStop, Target: "b"}}},
		{`nil, edged.start()`, []hooks.Action{{Op: hooks.OpStart}}},
	}
	for _, tt := range tests {
		got := answer(t, one(t, `edged.on("health", function(ev) return `+tt.expr+` end)`), healthEvent("unhealthy", 1))
		if got.Verdict != hooks.VerdictAction || !reflect.DeepEqual(got.Actions, tt.want) {
			t.Errorf("%s: %+v", tt.expr, got)
		}
	}
	for expr, want := range map[string]string{
		`edged.prune { container = "x" }`: "unknown field 'container'; there are: after reason older_than",
		`edged.start(), true`:             "hook returns a boolean",
		`edged.start(), edged.deny("x")`:  "too late",
		`edged.start { image = "x" }`:     "unknown field 'image'",
		`edged.alarm { type = "t" }`:      "an alarm needs a type and a text",
		`(function() local t = {} for i = 1, 20 do t[i] = edged.start() end return unpack(t) end)()`: "more than 10 actions",
	} {
		got := answer(t, one(t, `edged.on("health", function(ev) return `+expr+` end)`), healthEvent("unhealthy", 1))
		if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, want) || len(got.Actions) > 0 {
			t.Errorf("%s: %+v, want %q", expr, got, want)
		}
	}
	two := answer(t, one(t, pull(`return edged.allow(), edged.deny("x")`)), pullEvent("a"))
	if two.Verdict != hooks.VerdictError || !strings.Contains(two.Reason, "more than one answer") {
		t.Errorf("two answers: %+v", two)
	}
}
