package policy

import (
	"strings"
	"testing"

	"edged/hooks"
)

// unreliable is a policy of a script that fails as the test wants, and of one that does not.
func unreliable(dir string, sink *told, sha string) (*Policy, *said) {
	set := &said{op: "update", revision: sha, scripts: []hooks.Script{
		{File: "bad.lua", SHA256: sha, Hooks: []hooks.Hook{{Phase: hooks.Before, Name: "update", Line: 4}, {Phase: hooks.Before, Name: "stop", Line: 9}}},
		{File: "good.lua", SHA256: "1", Hooks: []hooks.Hook{{Phase: hooks.Before, Name: "update", Line: 1}}},
	}}
	p := New(Config{
		Fallback: hooks.VerdictAllow, StateDir: dir,
		Read: func() ([]hooks.Source, error) { return nil, nil },
		Load: func([]hooks.Source) (Scripts, error) { return set, nil },
	}, sink, quiet)
	p.Boot()
	return p, set
}

func TestSetAside(t *testing.T) {
	dir, sink := t.TempDir(), &told{}
	fails := hooks.Answer{Script: "bad.lua", Line: 4, Verdict: hooks.VerdictError, Reason: "bad.lua:5: boom"}
	fine := hooks.Answer{Script: "bad.lua", Line: 4}
	good := hooks.Answer{Script: "good.lua", Line: 1, Verdict: hooks.VerdictAllow}
	ev := hooks.Event{ID: "1", Phase: hooks.Before, Op: "update"}
	p, set := unreliable(dir, sink, "x")
	bad := func() hooks.Script { return set.scripts[0] }
	for i, a := range []hooks.Answer{fails, fails, fails, fails, fine, fails, fails, fails, fails} {
		set.answers = []hooks.Answer{a, good}
		p.Decide(t.Context(), ev)
		if p.Aside(bad()) {
			t.Fatalf("set aside after answer %d", i+1)
		}
	}
	p.Decide(t.Context(), ev)
	if !p.Aside(bad()) || p.Aside(set.scripts[1]) {
		t.Fatalf("after five failures in a row: %+v", p.Status().Scripts)
	}
	if text := sink.alarm(t, alarmAside); !strings.Contains(text, "bad.lua") || !strings.Contains(text, "boom") {
		t.Errorf("alarm %q", text)
	}

	// Nothing gets past it for that, and the other one is still asked.
	set.answers = []hooks.Answer{good}
	if d := p.Decide(t.Context(), ev); d.Verdict != hooks.VerdictDefer || !d.Failed || !strings.Contains(d.Reason, "bad.lua:4") || !strings.Contains(d.Reason, "boom") {
		t.Errorf("decision %+v", d)
	}

	// It outlives edged, but not a change.
	p, set = unreliable(dir, sink, "x")
	if !p.Aside(bad()) || sink.alarm(t, alarmAside) == "" {
		t.Error("forgotten with a restart")
	}
	set.scripts[0].SHA256 = "y"
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	if p.Aside(bad()) || sink.alarm(t, alarmAside) != "" {
		t.Error("it has changed, and is still set aside")
	}
	p, _ = unreliable(dir, sink, "x")
	if p.Aside(hooks.Script{File: "bad.lua", SHA256: "x"}) {
		t.Error("what has changed and is as it was gets no new chance")
	}
}

func TestAsideInAuditModeHoldsNothing(t *testing.T) {
	p, set := unreliable(t.TempDir(), &told{}, "x")
	set.scripts[0].Mode = hooks.Audit
	set.answers = []hooks.Answer{{Script: "bad.lua", Verdict: hooks.VerdictError, Audit: true}}
	for range failuresAside {
		p.Decide(t.Context(), hooks.Event{Phase: hooks.Before, Op: "update"})
	}
	set.answers = nil
	if d := p.Decide(t.Context(), hooks.Event{Phase: hooks.Before, Op: "update"}); d.Verdict != hooks.VerdictAllow || len(d.Answers) != 1 || !d.Answers[0].Audit {
		t.Errorf("decision %+v", d)
	}
}
