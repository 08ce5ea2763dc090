package lua

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

func TestTimers(t *testing.T) {
	s := load(t, map[string]string{
		"1.lua": `
edged.every("15m", function(ev) return edged.prune { reason = ev.timer } end)
edged.on("boot", function() end)
edged.cron("30 3 * * Mon-Fri", "UTC", function() return edged.restart { container = "web" }, edged.alarm { type = "t", text = "night" } end)`,
		"2.lua": `edged.cron("0 0 * * *", function() end)`,
	})
	want := []hooks.Timer{
		{Script: "1.lua", Index: 1, Line: 2, Every: 15 * time.Minute},
		{Script: "1.lua", Index: 2, Line: 4, Cron: "30 3 * * Mon-Fri", Zone: "UTC"},
		{Script: "2.lua", Index: 1, Line: 1, Cron: "0 0 * * *"},
	}
	timers := s.Timers()
	if !reflect.DeepEqual(timers, want) {
		t.Fatalf("timers = %+v", timers)
	}
	if !s.Wants(hooks.On, "timer") {
		t.Error("nobody wants timers")
	}
	got := answer(t, s, timers[0].Event(time.Now()))
	if got.Line != 2 || got.Reason != "1.lua#1" || len(got.Actions) != 1 || got.Actions[0].Op != hooks.OpPrune {
		t.Errorf("first: %+v", got)
	}
	if got = answer(t, s, timers[1].Event(time.Now())); got.Line != 4 || got.Reason != "night" || len(got.Actions) != 2 || got.Actions[0].Target != "web" {
		t.Errorf("second: %+v", got)
	}
	gone := hooks.Timer{Script: "2.lua", Index: 9}
	if got, _ := s.Ask(context.Background(), gone.Event(time.Now())); len(got) != 0 {
		t.Errorf("a timer that is no more: %+v", got)
	}
}

func TestTimerErrors(t *testing.T) {
	for source, want := range map[string]string{
		`edged.every("10ms", function() end)`:                                "at least 1s",
		`edged.every("15m")`:                                                 "function expected",
		`edged.cron("* * *", function() end)`:                                "five fields",
		`edged.cron("* * * * *", "Nowhere/Land", function() end)`:            "unknown time zone 'Nowhere/Land'",
		`for i = 1, 20 do edged.every("1m", function() end) end`:             "more than 16 timers in one file",
		`for i = 1, 300 do edged.on("exit", function() end) end`:             "more than 200 hooks in one file",
		`edged.on("timer", function() end)`:                                  "unknown notice 'timer'",
		`edged.on("mqtt:#", function() end)`:                                 "would be every message of the broker",
		`edged.on("mqtt:a/#/b", function() end)`:                             "is no topic filter",
		`edged.on("mqtt:", function() end)`:                                  "a topic filter has 1 to 256 bytes",
		`edged.before("mqtt:a", function() end)`:                             "unknown op 'mqtt:a'",
		`edged.before("health", { stage = "mutate" }, function() end) x.y=1`: "attempt to index",
	} {
		if got := loadError(t, map[string]string{"10-test.lua": source}); !strings.Contains(got[0].Message, want) {
			t.Errorf("%s: %v, want %q", source, got, want)
		}
	}
	got := answer(t, one(t, pull(`edged.every("1m", function() end)`)), pullEvent("a"))
	if !strings.Contains(got.Reason, "edged.every belongs into the body of the file") {
		t.Errorf("in a hook: %+v", got)
	}
}

func TestMessages(t *testing.T) {
	s := one(t, `
edged.on("mqtt:app/+/lock", function(ev) return edged.alarm { type = ev.topic, text = ev.payload .. tostring(ev.retained) } end)
edged.on("mqtt:app/1/lock", function(ev) end)`)
	if got := s.Topics(); !reflect.DeepEqual(got, []string{"app/+/lock", "app/1/lock"}) {
		t.Errorf("topics = %v", got)
	}
	ev := hooks.Event{ID: "m1", Phase: hooks.On, Op: "mqtt:app/2/lock", Topic: "app/2/lock", Payload: "on", Retained: true}
	if !s.Wants(ev.Phase, ev.Op) || s.Wants(hooks.On, "mqtt:app/2") || s.Wants(hooks.Before, ev.Op) {
		t.Error("Wants does not know the topic")
	}
	got := answer(t, s, ev)
	if got.Reason != "ontrue" || got.Actions[0].Args["type"] != "app/2/lock" {
		t.Errorf("got %+v", got)
	}
	ev.Op = "mqtt:app/1/lock"
	if got, _ := s.Ask(context.Background(), ev); len(got) != 2 {
		t.Errorf("answers = %+v", got)
	}
}

func TestAliases(t *testing.T) {
	s := one(t, `edged.before("health", function() end) edged.after("clone", function() end)`)
	if !s.Wants(hooks.Before, "recover") || !s.Wants(hooks.After, "update") || s.Wants(hooks.On, "health") {
		t.Errorf("hooks = %+v", s.Scripts()[0].Hooks)
	}
}
