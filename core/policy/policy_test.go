package policy

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"edged/core/report"
	"edged/hooks"
)

// said are scripts that give the same answers to whatever they listen to.
type said struct {
	op      string
	answers []hooks.Answer
	asked   int

	revision string
	scripts  []hooks.Script
}

func (s *said) Ask(context.Context, hooks.Event) ([]hooks.Answer, *hooks.Reads) {
	s.asked++
	return s.answers, nil
}
func (s *said) Wants(_ hooks.Phase, name string) bool { return name == s.op }
func (s *said) Revision() string                      { return s.revision }
func (s *said) Scripts() []hooks.Script               { return s.scripts }
func (s *said) Topics() []string                      { return nil }
func (s *said) Sums() map[string]string {
	sums := map[string]string{}
	for _, sc := range s.scripts {
		sums[sc.File] = sc.SHA256
	}
	return sums
}

// with is a policy of these scripts, once they have been loaded.
func (s *said) with(t *testing.T, fallback hooks.Verdict, sink *told, log *slog.Logger) *Policy {
	p := New(Config{
		Fallback: fallback, StateDir: t.TempDir(),
		Read: func() ([]hooks.Source, error) { return nil, nil },
		Load: func([]hooks.Source) (Scripts, error) { return s, nil },
	}, sink, log)
	p.Boot()
	sink.records = nil
	return p
}

var quiet = slog.New(slog.DiscardHandler)

type told struct{ records []report.Record }

func (s *told) Put(r report.Record) { s.records = append(s.records, r) }

func TestDecide(t *testing.T) {
	fails := hooks.Answer{Script: "a.lua", Line: 2, Verdict: hooks.VerdictError, Reason: "boom"}
	restart := hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpRestart}}}
	tests := map[string]struct {
		phase    hooks.Phase
		op       string
		answers  []hooks.Answer
		fallback hooks.Verdict
		verdict  hooks.Verdict
		told     bool
	}{
		"nobody listens":               {hooks.Before, "stop", nil, hooks.VerdictAllow, hooks.VerdictAllow, false},
		"nobody listens, default deny": {hooks.Before, "stop", nil, hooks.VerdictDeny, hooks.VerdictDeny, true},
		"no opinion":                   {hooks.Before, "update", []hooks.Answer{{}}, hooks.VerdictAllow, hooks.VerdictAllow, true},
		"no opinion, default deny":     {hooks.Before, "update", []hooks.Answer{{}}, hooks.VerdictDeny, hooks.VerdictDeny, true},
		"allow, default deny":          {hooks.Before, "update", []hooks.Answer{{Verdict: hooks.VerdictAllow}}, hooks.VerdictDeny, hooks.VerdictAllow, true},
		"deny":                         {hooks.Before, "update", []hooks.Answer{{Verdict: hooks.VerdictDeny}}, hooks.VerdictAllow, hooks.VerdictDeny, true},
		"failure":                      {hooks.Before, "update", []hooks.Answer{fails}, hooks.VerdictAllow, hooks.VerdictDefer, true},
		"told only":                    {hooks.After, "update", []hooks.Answer{{}}, hooks.VerdictDeny, hooks.VerdictAllow, false},
		"told, and failed":             {hooks.After, "update", []hooks.Answer{fails}, hooks.VerdictDeny, hooks.VerdictAllow, true},
		"notice without an answer":     {hooks.On, "update", nil, hooks.VerdictAllow, hooks.VerdictAllow, false},
		"notice with an action":        {hooks.On, "update", []hooks.Answer{{}, restart}, hooks.VerdictDeny, hooks.VerdictAllow, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sink, scripts := &told{}, &said{op: "update", answers: tt.answers}
			var log bytes.Buffer
			p := scripts.with(t, tt.fallback, sink, slog.New(slog.NewTextHandler(&log, nil)))
			ev := hooks.Event{ID: "e1", Phase: tt.phase, Op: tt.op, Container: &hooks.Container{Name: "web"}}
			d := p.Decide(t.Context(), ev)
			if d.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", d.Verdict, tt.verdict)
			}
			if (scripts.asked == 1) != (tt.op == "update") {
				t.Errorf("scripts were asked %d times", scripts.asked)
			}
			if (len(sink.records) == 1) != tt.told || strings.Contains(log.String(), "event=e1") != tt.told {
				t.Fatalf("told %v, log %q; want told: %v", sink.records, &log, tt.told)
			}
			if !tt.told {
				return
			}
			r, ok := sink.records[0].(report.Decision)
			if !ok || r.Event.ID != "e1" || r.Decision.Verdict != tt.verdict {
				t.Errorf("told %+v", sink.records[0])
			}
			if d.Failed != strings.Contains(log.String(), "script=a.lua line=2 error=boom") {
				t.Errorf("failed %v, log %s", d.Failed, &log)
			}
		})
	}
}

func TestWants(t *testing.T) {
	p := (&said{op: "pull"}).with(t, hooks.VerdictAllow, &told{}, quiet)
	if !p.Wants(hooks.Before, "pull") || p.Wants(hooks.Before, "update") {
		t.Error("Wants does not say what the scripts say")
	}
}
