package lua

import (
	"context"
	"testing"

	"edged/hooks"
)

func TestAuditOnlyRecords(t *testing.T) {
	sent := 0
	kv := hooks.NewMemoryKV()
	s := load(t, map[string]string{
		"1.lua": `edged.needs { "mqtt.publish:a", "action:reset" }
edged.before("pull", { stage = "mutate" }, function(ev) return edged.modify({ image = "mirror/a" }) end)
edged.before("pull", function(ev)
  edged.mqtt.publish("a", { x = 1 })
  edged.action("reset")
  return edged.deny(ev.image.ref .. edged.kv.incr("n"))
end)
edged.before("pull", function(ev) error("no") end)`,
		"2.lua": `edged.before("pull", function(ev) return edged.allow(ev.image.ref) end)`,
	}, withKV(kv), granted(hooks.Grants{Topics: []string{"#"}, Actions: []string{"*"}}), func(o *Options) {
		o.Modes = map[string]hooks.Mode{"1.lua": hooks.Audit}
		o.Publish = func(string, string, []byte) error { sent++; return nil }
	})
	if got := s.Scripts(); got[0].Mode != hooks.Audit || got[1].Mode != hooks.Enforce {
		t.Errorf("modes %s, %s", got[0].Mode, got[1].Mode)
	}
	ev := pullEvent("nginx")
	var answers []hooks.Answer
	for range 2 {
		answers, _ = s.Ask(context.Background(), ev)
	}
	d := hooks.Merge(ev, answers, hooks.VerdictDeny)
	if d.Verdict != hooks.VerdictAllow || d.Reason != "nginx" || d.Failed || len(d.Patch)+len(d.Actions) > 0 {
		t.Errorf("decision %+v", d)
	}
	if sent != 0 {
		t.Errorf("%d messages were sent", sent)
	}
	would := answers[1]
	if !would.Audit || would.Verdict != hooks.VerdictDeny || would.Reason != "nginx2" || len(would.Actions) != 1 ||
		len(would.Sent) != 1 || would.Sent[0] != (hooks.Message{Topic: "a", Payload: `{"x":1}`}) {
		t.Errorf("it would have %+v", would)
	}
}

func TestModeOfEveryScript(t *testing.T) {
	modes := func(o *Options) { o.Modes = map[string]hooks.Mode{"*": hooks.Audit, "2.lua": hooks.Enforce} }
	got := load(t, map[string]string{"1.lua": "", "2.lua": ""}, modes).Scripts()
	if got[0].Mode != hooks.Audit || got[1].Mode != hooks.Enforce {
		t.Errorf("modes %s, %s", got[0].Mode, got[1].Mode)
	}
}

func TestAside(t *testing.T) {
	s := load(t, map[string]string{"1.lua": pull(`return edged.deny("1")`), "2.lua": pull(`return edged.deny("2")`)}, func(o *Options) {
		o.Aside = func(sc hooks.Script) bool { return sc.File == "1.lua" }
	})
	if got := answer(t, s, pullEvent("a")); got.Reason != "2" {
		t.Errorf("got %+v", got)
	}
}
