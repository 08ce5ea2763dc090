package lua

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/hooks"
)

func TestAnswers(t *testing.T) {
	update := hooks.Event{ID: "u", Phase: hooks.Before, Op: "update"}
	tests := map[string]struct {
		source string
		ev     hooks.Event
		want   hooks.Answer
	}{
		"none":  {`edged.before("pull", function(ev) end)`, pullEvent("a"), hooks.Answer{}},
		"nil":   {`edged.before("pull", function(ev) return nil end)`, pullEvent("a"), hooks.Answer{}},
		"allow": {`edged.before("pull", function(ev) return edged.allow("fine") end)`, pullEvent("a"), hooks.Answer{Verdict: hooks.VerdictAllow, Reason: "fine"}},
		"deny": {
			`edged.before("pull", function(ev) if ev.image.registry ~= "r.example.com" then return edged.deny("only " .. ev.image.registry) end end)`,
			pullEvent("nginx"), hooks.Answer{Verdict: hooks.VerdictDeny, Reason: "only docker.io"},
		},
		"defer":   {`edged.before("pull", function(ev) return edged.defer("30m", "later") end)`, pullEvent("a"), hooks.Answer{Verdict: hooks.VerdictDefer, Delay: 30 * time.Minute, Reason: "later"}},
		"seconds": {`edged.before("pull", function(ev) return edged.defer(1.5) end)`, pullEvent("a"), hooks.Answer{Verdict: hooks.VerdictDefer, Delay: 1500 * time.Millisecond}},
		"modify pull": {
			`edged.before("pull", function(ev) return edged.modify({ image = "mirror/a:1", attempts = 3 }) end)`, pullEvent("a"),
			hooks.Answer{Verdict: hooks.VerdictModify, Patch: map[string]any{"image": "mirror/a:1", "attempts": 3.0}},
		},
		"modify update": {
			`edged.before("clone", function(ev) return edged.modify({ env = { B = "2", A = "1" }, labels = { x = "y" }, health_gate = "90s" }, "so") end)`, update,
			hooks.Answer{Verdict: hooks.VerdictModify, Reason: "so", Patch: map[string]any{
				"env": map[string]any{"A": "1", "B": "2"}, "labels": map[string]any{"x": "y"}, "health_gate": "1m30s",
			}},
		},
		"restart": {
			`edged.on("health", function(ev) if ev.failing_streak >= 3 then return edged.restart { after = "10s", reason = ev.from .. ">" .. ev.to } end end)`,
			healthEvent("unhealthy", 3),
			hooks.Answer{Verdict: hooks.VerdictAction, Reason: "healthy>unhealthy", Actions: []hooks.Action{{Op: hooks.OpRestart, After: 10 * time.Second, Reason: "healthy>unhealthy"}}},
		},
		"update": {
			`edged.on("health", function(ev) return edged.update { image = "web:2", container = "other" } end)`, healthEvent("healthy", 0),
			hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpUpdate, Target: "other", Args: map[string]string{"image": "web:2"}}}},
		},
		"re-create": {
			`edged.on("health", function(ev) return edged.update { force = true } end)`, healthEvent("unhealthy", 9),
			hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpUpdate, Args: map[string]string{"force": "true"}}}},
		},
		"alarm cleared": {
			`edged.on("health", function(ev) return edged.alarm { type = "sick", severity = "cleared" } end)`, healthEvent("healthy", 0),
			hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{{
				Op: hooks.ActionAlarm, Args: map[string]string{"type": "sick", "severity": "cleared"},
			}}},
		},
		"alarm": {
			`edged.on("health", function(ev) return edged.alarm { type = "sick", text = ev.container.name .. " is ill" } end)`, healthEvent("unhealthy", 1),
			hooks.Answer{Verdict: hooks.VerdictAction, Reason: "web is ill", Actions: []hooks.Action{{
				Op: hooks.ActionAlarm, Args: map[string]string{"type": "sick", "text": "web is ill", "severity": "major"},
			}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := answer(t, one(t, tt.source), tt.ev)
			tt.want.Script, tt.want.Line = "10-test.lua", 1
			if got.Took <= 0 {
				t.Error("no time was taken")
			}
			if got.Units <= 0 {
				t.Error("no work was done")
			}
			got.Took, got.Units = 0, 0
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestFailuresAreAnswers(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"error":          {`error("oops")`, "10-test.lua:2: oops"},
		"error value":    {`error({})`, "10-test.lua:1: error with a table as its value"},
		"index nil":      {`return ev.nope.x`, "10-test.lua:2: "},
		"false":          {`return false`, "10-test.lua:1: hook returns a boolean; did you mean edged.deny(...)?"},
		"true":           {`return true`, "did you mean edged.allow()?"},
		"string":         {`return "deny"`, "hook returns a string; did you mean edged.deny(...)?"},
		"table":          {`return { image = "x" }`, "hook returns a table; did you mean edged.modify(...)?"},
		"function":       {`return edged.deny`, "hook returns a function; did you mean to call it?"},
		"null":           {`return edged.json.null`, "hook returns a userdata"},
		"action":         {`return edged.restart()`, "a before hook decides and can't act"},
		"endless":        {`while true do end`, "10-test.lua:2: "},
		"recursion":      {`local function f() return 1 + f() end return f()`, "stack overflow"},
		"unknown field":  {`return edged.modify({ imge = "x" })`, "10-test.lua:2: unknown field of pull 'imge'; did you mean 'image'?"},
		"not for pull":   {`return edged.modify({ env = { A = "1" } })`, "unknown field of pull 'env'; there are: image attempts"},
		"bad image":      {`return edged.modify({ image = "A B" })`, "field 'image'"},
		"empty patch":    {`return edged.modify({})`, "edged.modify without a change"},
		"bad duration":   {`return edged.defer("soon")`, "'soon' is no duration"},
		"no duration":    {`return edged.defer(0)`, "above zero"},
		"register late":  {`edged.on("exit", function() end)`, "belongs into the body of the file"},
		"not this level": {`return edged.kv.get("x")`, "10-test.lua:2: "},
		"no mqtt":        {`edged.mqtt.publish("a/b", "c")`, "'a/b' is in none of the file's needs; declare it with edged.needs { \"mqtt.publish:a/b\" }"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := one(t, "edged.before(\"pull\", function(ev)\n"+tt.body+"\nend)")
			got := answer(t, s, pullEvent("nginx"))
			if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, tt.want) || !strings.HasPrefix(got.Reason, "10-test.lua:") {
				t.Errorf("got %s %q, want an error with %q", got.Verdict, got.Reason, tt.want)
			}
		})
	}
}

func TestLateAnswersAreErrors(t *testing.T) {
	ev := pullEvent("a")
	ev.Phase = hooks.After
	got := answer(t, one(t, `edged.after("pull", function(ev) return edged.deny("no") end)`), ev)
	if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, "too late") {
		t.Errorf("got %+v", got)
	}
}

func TestMutateComesFirst(t *testing.T) {
	s := load(t, map[string]string{
		"10-check.lua": `edged.before("pull", function(ev) return edged.deny(ev.image.ref .. " " .. ev.patch.attempts) end)`,
		"20-mirror.lua": `edged.before("pull", { stage = "mutate" }, function(ev)
			return edged.modify({ image = "mirror.example.com/" .. ev.image.repository })
		end)
		edged.before("pull", { stage = "mutate" }, function(ev)
			return edged.modify({ image = ev.image.ref .. ":stable" })
		end)`,
		"30-attempts.lua": `edged.before("pull", { stage = "mutate" }, function(ev) return edged.modify({ attempts = 2 }) end)`,
	})
	got, _ := s.Ask(context.Background(), pullEvent("nginx"))
	if len(got) != 4 {
		t.Fatalf("%d answers, want 4: %+v", len(got), got)
	}
	if last := got[3]; last.Script != "10-check.lua" || last.Reason != "mirror.example.com/library/nginx:stable 2" {
		t.Errorf("last answer = %+v", last)
	}
}

// Hooks see what those before them have changed of what is to run.
func TestDesiredIsPatched(t *testing.T) {
	s := one(t, `
edged.before("update", { stage = "mutate" }, function(ev) return edged.modify { env = { A = "1" }, memory = 6e7 } end)
edged.before("update", { stage = "mutate" }, function(ev) return edged.modify { image = "mirror.example/web:2", env = { B = ev.desired.env.A } } end)
edged.before("update", function(ev)
  return edged.deny(table.concat(ev.changes, " ") .. ": " .. ev.desired.registry .. " " .. ev.desired.env.A .. ev.desired.env.B .. " " .. ev.current.env.A)
end)`)
	now := hooks.Revision{Image: hooks.Image{Ref: "web:1"}, Env: map[string]string{"A": "0"}}
	ev := hooks.Event{ID: "1", Phase: hooks.Before, Op: "update", Current: &now, Desired: new(now), Changes: []string{"image"}}
	answers, _ := s.Ask(context.Background(), ev)
	if got := answers[len(answers)-1].Reason; got != "image env memory: mirror.example 11 0" {
		t.Errorf("seen: %s", got)
	}
	d := hooks.Merge(ev, answers[:2], hooks.VerdictAllow)
	if env, _ := d.Patch["env"].(map[string]any); env["A"] != "1" || env["B"] != "1" {
		t.Errorf("patch %v", d.Patch)
	}
}

func TestNothingIsKeptBetweenEvents(t *testing.T) {
	s := one(t, `local t = { n = 0 }
		edged.before("pull", function(ev) t.n = t.n + 1; seen = (seen or 0) + 1; return edged.deny(t.n .. " " .. seen) end)`)
	for range 3 {
		if got := answer(t, s, pullEvent("a")); got.Reason != "1 1" {
			t.Fatalf("reason = %q, want 1 1", got.Reason)
		}
	}
}

func TestOneBadScriptLeavesTheOthersAlone(t *testing.T) {
	s := load(t, map[string]string{
		"1.lua": `edged.before("pull", function(ev) error("broken") end)`,
		"2.lua": `edged.before("pull", function(ev) return edged.allow("well") end)`,
	})
	got, _ := s.Ask(context.Background(), pullEvent("a"))
	if len(got) != 2 || got[0].Verdict != hooks.VerdictError || got[1].Verdict != hooks.VerdictAllow {
		t.Errorf("answers = %+v", got)
	}
}

func TestDeadline(t *testing.T) {
	const deadline = 50 * time.Millisecond
	s := load(t, map[string]string{
		"1.lua": `edged.before("pull", function(ev) while true do end end)`,
		"2.lua": `edged.before("pull", function(ev) return edged.allow() end)`,
	}, func(o *Options) { o.Deadline = deadline; o.Limits.Units = 1 << 30 })
	began := time.Now()
	got, _ := s.Ask(context.Background(), pullEvent("a"))
	if took := time.Since(began); took < deadline || took > deadline+100*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if want := "took too long: all scripts together have 50ms for one event"; !strings.HasSuffix(got[0].Reason, want) {
		t.Errorf("reason of the first = %q", got[0].Reason)
	}
	if len(got) != 2 || got[0].Verdict != hooks.VerdictError || got[1].Verdict != hooks.VerdictError {
		t.Fatalf("answers = %+v", got)
	}
	if !strings.Contains(got[1].Reason, "no time left") {
		t.Errorf("reason of the second = %q", got[1].Reason)
	}
}

func TestCancelledAsk(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, _ := one(t, `edged.before("pull", function(ev) return edged.allow() end)`).Ask(ctx, pullEvent("a"))
	if len(got) != 1 || got[0].Verdict != hooks.VerdictError || !strings.Contains(got[0].Reason, "context canceled") {
		t.Errorf("answers = %+v", got)
	}
}

func TestConcurrentAsks(t *testing.T) {
	s := one(t, `edged.before("pull", function(ev) local s = "" for i = 1, 100 do s = s .. i end return edged.deny(ev.id .. #s) end)`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ev := pullEvent("a")
			ev.ID = fmt.Sprint("id", i, "-")
			for range 20 {
				if got, _ := s.Ask(context.Background(), ev); got[0].Reason != ev.ID+"192" {
					t.Errorf("answer = %+v", got[0])
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkNoOp(b *testing.B) {
	s := one(b, `edged.before("pull", function(ev) end)`)
	ev := fullEvent()
	b.ReportAllocs()
	for b.Loop() {
		s.Ask(context.Background(), ev)
	}
}

func Benchmark20Scripts(b *testing.B) {
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%02d.lua", i)] = `edged.before("pull", function(ev) if ev.image.registry == "x" then return edged.deny("no") end end)`
	}
	s := load(b, files)
	ev := fullEvent()
	b.ReportAllocs()
	for b.Loop() {
		s.Ask(context.Background(), ev)
	}
}

// fullEvent has about twenty fields.
func fullEvent() hooks.Event {
	ev := healthEvent("healthy", 0)
	pull := pullEvent("registry.example.com/app:1")
	pull.Container = ev.Container
	return pull
}

func TestReasonsAreClipped(t *testing.T) {
	for _, body := range []string{`return edged.deny(("x"):rep(9999))`, `error(("x"):rep(9999))`, `edged.defer(("x"):rep(9999))`} {
		if got := answer(t, one(t, pull(body)), pullEvent("a")); len(got.Reason) > maxReason+3 || len(got.Reason) < 60 {
			t.Errorf("%s: a reason of %d bytes", body, len(got.Reason))
		}
	}
	got := answer(t, one(t, pull(`return edged.modify { image = ("x"):rep(99999) }`)), pullEvent("a"))
	if !strings.Contains(got.Reason, "field 'image' has more than 32 KiB") {
		t.Errorf("got %+v", got)
	}
}
