package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/hooks"
)

func TestOverride(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &told{}
		deny := &said{op: "update", answers: []hooks.Answer{{Script: "a.lua", Verdict: hooks.VerdictDeny, Reason: "at night only"}}}
		p := deny.with(t, hooks.VerdictAllow, sink, quiet)
		p.Override(Override{Name: "web", Until: time.Now().Add(15 * time.Minute), Reason: "hot fix", Actor: "cli"})
		p.Override(Override{Name: "shop/db:2", Until: time.Now().Add(time.Hour), Reason: "image", Actor: "cli"})
		ask := func(name, image, trigger string) hooks.Decision {
			ev := hooks.Event{Phase: hooks.Before, Op: "update", Trigger: trigger, Container: &hooks.Container{Name: name}, Image: &hooks.Image{Ref: image}}
			return p.Decide(t.Context(), ev)
		}
		d := ask("web", "shop/web:2", hooks.TriggerCommand)
		if d.Verdict != hooks.VerdictAllow || d.Override != "hot fix" || !strings.Contains(d.Reason, "at night only") {
			t.Errorf("decision %+v", d)
		}
		if r, ok := sink.records[len(sink.records)-1].(report.Decision); !ok || r.Decision.Override != "hot fix" {
			t.Errorf("told %+v", sink.records)
		}
		if d := ask("db", "shop/db:2", hooks.TriggerCommand); d.Override != "image" {
			t.Errorf("of an image: %+v", d)
		}
		if d := ask("web", "shop/web:2", hooks.TriggerPolicy); d.Verdict != hooks.VerdictDeny {
			t.Errorf("a script is let through: %+v", d)
		}
		if d := ask("db", "shop/db:3", hooks.TriggerCommand); d.Verdict != hooks.VerdictDeny {
			t.Errorf("another container is let through: %+v", d)
		}
		if list := p.Overrides(); len(list) != 2 || list[0].Name != "shop/db:2" {
			t.Errorf("in force: %+v", list)
		}
		<-time.After(15 * time.Minute)
		if d := ask("web", "shop/web:2", hooks.TriggerCommand); d.Verdict != hooks.VerdictDeny || len(p.Overrides()) != 1 {
			t.Errorf("it is over: %+v, %+v", d, p.Overrides())
		}
	})
}

func TestRecords(t *testing.T) {
	sink := &told{}
	set := &said{op: "stop", answers: []hooks.Answer{{Verdict: hooks.VerdictModify, Patch: map[string]any{"env": map[string]any{"DB_PASSWORD": "hunter2", "SITE": "7"}}}}}
	p := set.with(t, hooks.VerdictAllow, sink, quiet)
	ev := hooks.Event{
		ID: "e1", Phase: hooks.Before, Op: "stop",
		Container: &hooks.Container{Name: "web", Labels: map[string]string{"registry.token": "hunter2", "org.authors": "me"}},
		Current:   &hooks.Revision{Env: map[string]string{"API_KEY": "hunter2", "KEYBOARD": "de"}},
	}
	d := p.Decide(t.Context(), ev)
	if got := d.Patch["env"].(map[string]any)["DB_PASSWORD"]; got != "hunter2" {
		t.Errorf("what is done is masked: %v", got)
	}
	list := p.Decisions(0)
	if len(list) != 1 || list[0].Event != "e1" || list[0].Container != "web" || list[0].Verdict != hooks.VerdictAllow {
		t.Fatalf("decisions %+v", list)
	}
	for _, id := range []string{list[0].ID, "e1"} {
		text, ok := p.Decision(id)
		var rec hooks.Record
		if !ok || json.Unmarshal(text, &rec) != nil || rec.Event.ID != "e1" || rec.Decision.Verdict != hooks.VerdictAllow {
			t.Errorf("%s: record %s", id, text)
		}
		if s := string(text); strings.Contains(s, "hunter2") || !strings.Contains(s, `"KEYBOARD":"de"`) || !strings.Contains(s, `"org.authors":"me"`) || !strings.Contains(s, `"SITE":"7"`) {
			t.Errorf("record %s", text)
		}
	}
	r := sink.records[0].(report.Decision)
	if said := fmt.Sprint(r.Event.Container, r.Event.Current, r.Decision.Patch, r.Decision.Answers); r.ID != list[0].ID || strings.Contains(said, "hunter2") {
		t.Errorf("told %s: %s", r.ID, said)
	}
	if ev.Container.Labels["registry.token"] != "hunter2" || ev.Current.Env["API_KEY"] != "hunter2" {
		t.Error("the event itself was changed")
	}
	for range 3 * keptRecords {
		p.Decide(t.Context(), ev)
	}
	if n := len(p.Decisions(0)); n > keptRecords || n < keptRecords/2 || p.records.bytes > keptRecordBytes || len(p.Decisions(5)) != 5 {
		t.Errorf("%d decisions of %d bytes are kept", n, p.records.bytes)
	}
	if _, ok := p.Decision(list[0].ID); ok {
		t.Error("the oldest is still there")
	}
}
