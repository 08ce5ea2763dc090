package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/core/report"
	"edged/hooks"
)

// folder is a folder of scripts, of which those with a "bad" text can't be loaded.
type folder struct {
	dir   string
	files map[string]string
	gone  error
}

func (f *folder) read() (out []hooks.Source, err error) {
	for name, text := range f.files {
		out = append(out, hooks.Source{Name: name, Text: text})
	}
	return out, f.gone
}

func (f *folder) load(sources []hooks.Source) (Scripts, error) {
	set := &said{revision: revisionOf(sources), op: "stop"}
	var problems hooks.Problems
	for _, s := range sources {
		if s.Text == "bad" {
			problems = append(problems, hooks.Problem{File: s.Name, Line: 7, Message: "this is bad"})
		}
		set.scripts = append(set.scripts, hooks.Script{File: s.Name, SHA256: s.Text})
	}
	if problems != nil {
		return nil, problems
	}
	return set, nil
}

func (f *folder) boot(sink *told) *Policy {
	p := New(Config{Fallback: hooks.VerdictAllow, StateDir: f.dir, Read: f.read, Load: f.load}, sink, quiet)
	p.Boot()
	return p
}

// alarm is the newest text of an alarm; empty if it is cleared.
func (s *told) alarm(t *testing.T, kind string) string {
	t.Helper()
	for i := len(s.records) - 1; i >= 0; i-- {
		if a, ok := s.records[i].(report.Alarm); ok && a.Type == kind {
			return a.Text
		}
	}
	t.Errorf("nothing was ever said about %s", kind)
	return ""
}

func TestReload(t *testing.T) {
	f, sink := &folder{dir: t.TempDir(), files: map[string]string{"a.lua": "1"}}, &told{}
	p := f.boot(sink)
	changes := 0
	p.OnChange(func() { changes++ })
	first := p.Revision()
	if s := p.Status(); s.From != FromFiles || s.Revision != first || len(s.Scripts) != 1 || s.Rejected != nil {
		t.Fatalf("status %+v", s)
	}

	f.files = map[string]string{"a.lua": "2", "b.lua": "bad"}
	var problems hooks.Problems
	if err := p.Reload(); !errors.As(err, &problems) || problems[0].File != "b.lua" {
		t.Errorf("error %v", err)
	}
	s := p.Status()
	if s.Revision != first || s.Rejected == nil || s.Rejected.Revision == first || s.Rejected.Problems.Error() != "b.lua:7: this is bad" || changes != 0 {
		t.Errorf("%d changes, status %+v", changes, s)
	}
	if text := sink.alarm(t, alarmRejected); !strings.Contains(text, "revision "+first+" stays in force") || !strings.Contains(text, "b.lua:7: this is bad") {
		t.Errorf("alarm %q", text)
	}

	f.files["b.lua"] = "good"
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	if s := p.Status(); s.Revision == first || s.Rejected != nil || len(s.Scripts) != 2 || changes != 1 {
		t.Errorf("%d changes, status %+v", changes, s)
	}
	if text := sink.alarm(t, alarmRejected); text != "" {
		t.Errorf("the alarm stays: %q", text)
	}

	f.gone = errors.New("no such disk")
	if err := p.Reload(); err == nil || p.Status().Rejected.Problems[0].Message != "no such disk" {
		t.Errorf("error %v, status %+v", err, p.Status().Rejected)
	}
}

func TestLastGoodScripts(t *testing.T) {
	f, sink := &folder{dir: t.TempDir(), files: map[string]string{"a.lua": "bad"}}, &told{}
	if s := f.boot(sink).Status(); s.From != FromNowhere || s.Revision != "" {
		t.Errorf("without any good one: %+v", s)
	}
	if text := sink.alarm(t, alarmBroken); !strings.Contains(text, "a.lua:7") {
		t.Errorf("alarm %q", text)
	}
	f.files["a.lua"] = "1"
	good := f.boot(sink).Revision()
	if text := sink.alarm(t, alarmBroken); text != "" {
		t.Errorf("the alarm stays: %q", text)
	}

	f.files = map[string]string{"a.lua": "bad", "b.lua": "3"}
	p := f.boot(sink)
	if s := p.Status(); s.From != FromLastGood || s.Revision != good || s.Rejected == nil || !p.Wants(hooks.Before, "stop") {
		t.Errorf("status %+v", s)
	}
	if text := sink.alarm(t, alarmRejected); !strings.Contains(text, good) {
		t.Errorf("alarm %q", text)
	}

	if err := os.WriteFile(filepath.Join(f.dir, "policy.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := f.boot(sink).Status(); s.From != FromNowhere {
		t.Errorf("with a broken copy: %+v", s)
	}
	f.files = nil
	if s := f.boot(sink).Status(); s.From != FromFiles || s.Revision != "" || s.Rejected != nil {
		t.Errorf("without scripts: %+v", s)
	}
}

// TestReloadOfBroken: what could never be loaded is held until it can be.
func TestReloadOfBroken(t *testing.T) {
	f, sink := &folder{dir: t.TempDir(), files: map[string]string{"a.lua": "bad"}}, &told{}
	p := f.boot(sink)
	ev := hooks.Event{Phase: hooks.Before, Op: "update"}
	if d := p.Decide(t.Context(), ev); d.Verdict != hooks.VerdictDefer || !strings.Contains(d.Reason, "a.lua:7") {
		t.Errorf("decision %+v", d)
	}
	f.files["a.lua"], f.files["b.lua"] = "1", "bad"
	if err := p.Reload(); err == nil {
		t.Error("no error")
	}
	if d := p.Decide(t.Context(), ev); !strings.Contains(d.Reason, "b.lua:7") {
		t.Errorf("decision %+v", d)
	}
	delete(f.files, "b.lua")
	if err := p.Reload(); err != nil {
		t.Error(err)
	}
	if d := p.Decide(t.Context(), ev); d.Verdict != hooks.VerdictAllow {
		t.Errorf("decision %+v", d)
	}
}
