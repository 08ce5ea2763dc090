package core

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
	"edged/hooks"
)

func TestNoticesCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := &fakeScripts{answers: answers{"on exit": always(), "on health": always()}}
		release := make(chan struct{})
		look := func(context.Context, *hooks.Event) { <-release }
		n := newNotices(asking(t.TempDir(), scripts, &kept{}), look, func(hooks.Event, hooks.Decision) {})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); n.run(ctx) }()

		n.post(notice(hooks.NoticeBoot, nil)) // nobody listens
		a, b := &hooks.Container{ID: "a"}, &hooks.Container{ID: "b"}
		n.post(notice(hooks.NoticeExit, a))
		synctest.Wait() // it is being looked at
		for i := range 1000 {
			ev := notice(hooks.NoticeExit, a)
			ev.ExitCode = i
			n.post(ev)
			n.post(notice(hooks.NoticeExit, b))
			n.post(notice(hooks.NoticeHealth, a))
		}
		if len(n.waiting) != 3 || len(n.order) != 3 {
			t.Errorf("%d wait, want 3", len(n.waiting))
		}
		close(release)
		synctest.Wait()
		if got := scripts.questions(); got != "on exit, on exit, on exit, on health" {
			t.Errorf("asked %q", got)
		}
		if got := scripts.asked[1].ExitCode; got != 999 {
			t.Errorf("the exit code told is %d, want that of the newest, 999", got)
		}
		cancel()
		<-done
	})
}

func TestNoticeIDsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where time stands still
		if a, b := notice(hooks.NoticeExit, nil), notice(hooks.NoticeExit, nil); a.ID == b.ID {
			t.Errorf("two notices of the id %s: their actions would be one request", a.ID)
		}
	})
}

func TestNotify(t *testing.T) {
	was := func(health string) watch.Container { return plain("a", "web", "running", health) }
	is := func(name, state, health string) watch.Container { return plain("a", name, state, health) }
	tests := map[string]struct {
		change watch.Change
		want   string
	}{
		"health":                {watch.Change{Container: is("web", "running", "unhealthy"), Before: was("healthy")}, "health"},
		"same health":           {watch.Change{Container: is("web", "running", "healthy"), Before: was("healthy")}, ""},
		"first seen, well":      {watch.Change{Container: is("web", "running", "healthy")}, ""},
		"first seen, ill":       {watch.Change{Container: is("web", "running", "unhealthy")}, "health"},
		"exit":                  {watch.Change{Container: is("web", "exited", ""), Before: was("healthy"), Exits: 1}, "exit"},
		"exit, gone by now":     {watch.Change{Container: is("web", "exited", ""), Before: was(""), Exits: 1, Gone: true}, "exit"},
		"gone":                  {watch.Change{Container: is("web", "exited", ""), Before: was(""), Gone: true}, ""},
		"out of memory":         {watch.Change{Container: is("web", "running", ""), Before: was(""), Exits: 1, OOMs: 1}, "exit oom"},
		"new one of an update":  {watch.Change{Container: is("web"+update.SuffixNext, "exited", ""), Before: was(""), Exits: 1}, ""},
		"old one of an update":  {watch.Change{Container: is("web"+update.SuffixPrev, "exited", ""), Before: was(""), Exits: 1}, ""},
		"excluded":              {watch.Change{Container: is("secret", "exited", ""), Before: was(""), Exits: 1}, ""},
		"a restart, and health": {watch.Change{Container: is("web", "running", "starting"), Before: was("healthy"), Exits: 2}, "exit health"},
	}
	filter, err := NewFilter(Pick{}, Pick{Names: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	listen := answers{"on health": always(), "on exit": always(), "on oom": always()}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := asking(t.TempDir(), &fakeScripts{answers: listen}, &kept{})
			d := &Daemon{settings: Settings{Filter: filter}, notices: newNotices(p, nil, nil)}
			d.notify(tt.change)
			var got []string
			for _, notice := range []string{"exit", "health", "oom"} {
				if _, ok := d.notices.waiting[notice+" a"]; ok {
					got = append(got, notice)
				}
			}
			if strings.Join(got, " ") != tt.want || len(d.notices.waiting) != len(got) {
				t.Errorf("notices %v, want %q", d.notices.waiting, tt.want)
			}
		})
	}
}

// TestHealthIsToldWhileAScriptRuns: no script may delay it.
func TestHealthIsToldWhileAScriptRuns(t *testing.T) {
	hang := func(hooks.Event) []hooks.Answer { <-time.After(time.Hour); return nil }
	working(t, answers{"on exit": hang}, nil, func(r *rig) {
		r.send(engine.Event{Kind: engine.KindContainer, ID: "id-web", Action: engine.ActionDie})
		r.send(engine.Event{Kind: engine.KindContainer, ID: "id-web", Action: engine.ActionStart})
		var statuses []report.Status
		for _, record := range r.told.records {
			if h, ok := record.(report.Health); ok {
				statuses = append(statuses, h.Status)
			}
		}
		if want := []report.Status{report.Up, report.Down, report.Up}; !reflect.DeepEqual(statuses, want) {
			t.Errorf("told %v, want %v", statuses, want)
		}
		if got := r.scripts.questions(); got != "on exit" {
			t.Errorf("asked %q", got)
		}
	})
}

func TestActionBecomesARequest(t *testing.T) {
	restart := hooks.Answer{Script: "a.lua", Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpRestart, After: 10 * time.Second}}}
	alarm := hooks.Answer{Script: "a.lua", Verdict: hooks.VerdictAction, Actions: []hooks.Action{{
		Op: hooks.ActionAlarm, Args: map[string]string{"type": "Crash", "severity": "major", "text": "it ended"},
	}}}
	listen := answers{"on exit": always(restart, alarm), "before recover": always(sayAllow), "before restart": always(sayDeny)}
	working(t, listen, nil, func(r *rig) {
		r.send(engine.Event{Kind: engine.KindContainer, ID: "id-web", Action: engine.ActionDie, ExitCode: 3})
		if got := r.eng.done(); got != "" {
			t.Errorf("done at once: %q", got)
		}
		<-time.After(11 * time.Second)
		synctest.Wait()
		if got := r.eng.done(); got != "restart web" {
			t.Errorf("the engine did %q", got)
		}
		if got := r.scripts.questions(); got != "on exit, before recover" {
			t.Errorf("asked %q", got)
		}
		var alarms []report.Alarm
		for _, record := range r.told.records {
			if a, ok := record.(report.Alarm); ok {
				a.Time = time.Time{}
				alarms = append(alarms, a)
			}
		}
		want := []report.Alarm{{Service: "web", Type: "Crash", Severity: report.Major, Text: "it ended"}}
		if !reflect.DeepEqual(alarms, want) {
			t.Errorf("alarms %+v, want %+v", alarms, want)
		}
	})
}

// TestScriptsDontSeeWhatAnUpdateSetAside: the notice of an end may be looked at when
// the update has renamed the container.
func TestScriptsDontSeeWhatAnUpdateSetAside(t *testing.T) {
	working(t, answers{"on exit": always()}, nil, func(r *rig) {
		r.notices.post(notice(hooks.NoticeExit, &hooks.Container{ID: "id-web", Name: "web"}))
		synctest.Wait()
		if err := r.eng.Rename(r.Context(), "web", "web"+update.SuffixPrev); err != nil {
			t.Fatal(err)
		}
		r.notices.post(notice(hooks.NoticeExit, &hooks.Container{ID: "id-web", Name: "web"}))
		synctest.Wait()
		if got := r.scripts.questions(); got != "on exit" {
			t.Errorf("asked %q, want one question only", got)
		}
	})
}

func TestRequestOf(t *testing.T) {
	web := &hooks.Container{Name: "web", ID: "id-web"}
	on := func(n hooks.Notice) hooks.Event {
		return hooks.Event{ID: "e", Phase: hooks.On, Op: string(n), Container: web}
	}
	tests := map[string]struct {
		event  hooks.Event
		action hooks.Action
		want   request.Request
	}{
		"ill health":     {on(hooks.NoticeHealth), hooks.Action{Op: hooks.OpRestart}, request.Request{Op: request.Restart, Target: "web", Recover: true}},
		"an end":         {on(hooks.NoticeExit), hooks.Action{Op: hooks.OpRestart, After: time.Second}, request.Request{Op: request.Restart, Target: "web", Recover: true, After: time.Second}},
		"something else": {hooks.Event{ID: "e", Phase: hooks.On, Op: "connected"}, hooks.Action{Op: hooks.OpRestart, Target: "db"}, request.Request{Op: request.Restart, Target: "db"}},
		"afterwards":     {hooks.Event{ID: "e", Phase: hooks.After, Op: "update", Container: web}, hooks.Action{Op: hooks.OpRestart, Target: "db"}, request.Request{Op: request.Restart, Target: "db"}},
		"another one":    {on(hooks.NoticeHealth), hooks.Action{Op: hooks.OpUpdate, Args: map[string]string{"force": "true"}}, request.Request{Op: request.Update, Target: "web", Options: request.Options{Force: true}}},
		"an update":      {on(hooks.NoticeHealth), hooks.Action{Op: hooks.OpUpdate, Args: map[string]string{"image": "app:1"}}, request.Request{Op: request.Update, Target: "web", Image: "app:1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.ID, tt.want.Trigger, tt.want.Actor = "e-3", hooks.TriggerPolicy, "a.lua"
			got := requestOf(tt.event, "a.lua", tt.action, 3)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestAlarmOfCleared(t *testing.T) {
	ev := hooks.Event{Container: &hooks.Container{Name: "web"}}
	got := alarmOf(ev, hooks.Action{Args: map[string]string{"type": "sick", "severity": hooks.SeverityCleared}})
	if want := (report.Alarm{Service: "web", Type: "sick"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPatch(t *testing.T) {
	env := make([]string, 1, 8)
	env[0] = "A=1"
	labels := map[string]string{"a": "1"}
	tests := map[string]struct {
		fields map[string]any
		want   request.Options
		fails  string
	}{
		"attempts":     {map[string]any{"attempts": 5.0}, request.Options{Attempts: 5}, ""},
		"times":        {map[string]any{"stop_timeout": "1m30s", "health_gate": 20.0, "stable_for": "5s"}, request.Options{StopTimeout: request.Duration(90 * time.Second), HealthGate: request.Duration(20 * time.Second), StableFor: request.Duration(5 * time.Second)}, ""},
		"restart":      {map[string]any{"restart": "always"}, request.Options{Restart: "always"}, ""},
		"limits":       {map[string]any{"memory": 64e6, "cpus": 0.5}, request.Options{Memory: 64e6, CPUs: 0.5}, ""},
		"env":          {map[string]any{"env": map[string]any{"C": "3", "B": "2"}}, request.Options{Env: []string{"A=1", "B=2", "C=3"}}, ""},
		"labels":       {map[string]any{"labels": map[string]any{"a": "2", "b": "3"}}, request.Options{Labels: map[string]string{"a": "2", "b": "3"}}, ""},
		"unknown":      {map[string]any{"ports": "80"}, request.Options{}, "stop: policy changed field ports"},
		"no number":    {map[string]any{"attempts": "five"}, request.Options{}, "attempts"},
		"no text":      {map[string]any{"image": 5.0}, request.Options{}, "image"},
		"no duration":  {map[string]any{"stable_for": "soon"}, request.Options{}, "stable_for"},
		"no table":     {map[string]any{"env": "A=1"}, request.Options{}, "env"},
		"no env texts": {map[string]any{"env": map[string]any{"A": 1.0}}, request.Options{}, "env"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := request.Request{Op: request.Stop, Options: request.Options{Env: env, Labels: labels}}
			if tt.want.Env == nil {
				tt.want.Env = env
			}
			if tt.want.Labels == nil {
				tt.want.Labels = labels
			}
			err := patch(&r, tt.fields)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("err = %v, want one about %s", err, tt.fails)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(r.Options, tt.want) {
				t.Errorf("got  %+v, %v\nwant %+v", r.Options, err, tt.want)
			}
			if fmt.Sprint(env[:2], labels) != "[A=1 ] map[a:1]" {
				t.Errorf("the request as it was made has changed: %v, %v", env[:2], labels)
			}
		})
	}
}

// A message waits once for each topic, as its newest, and no flood of topics makes more wait than may.
func TestMessages(t *testing.T) {
	scripts := &fakeScripts{answers: answers{}}
	for i := range 2 * maxMessages {
		scripts.answers[fmt.Sprintf("on mqtt:app/%d", i)] = always()
	}
	scripts.answers["on exit"] = always()
	n := newNotices(asking(t.TempDir(), scripts, &kept{}), nil, nil)
	d := &Daemon{notices: n}
	d.Message("other", []byte("1"), false)
	n.post(notice(hooks.NoticeExit, nil))
	for i := range 2 * maxMessages {
		d.Message(fmt.Sprintf("app/%d", i), []byte("old"), true)
		d.Message(fmt.Sprintf("app/%d", i), []byte("new"), false)
	}
	if len(n.waiting) != maxMessages+1 || len(n.order) != maxMessages+1 {
		t.Fatalf("%d and %d wait, want %d", len(n.waiting), len(n.order), maxMessages+1)
	}
	if ev, _ := n.next(); ev.Op != string(hooks.NoticeExit) {
		t.Errorf("%s is first: messages drove a notice out", ev.Op)
	}
	topic := fmt.Sprintf("app/%d", maxMessages)
	if ev, _ := n.next(); ev.Op != "mqtt:"+topic || ev.Topic != topic || ev.Payload != "new" || ev.Retained || !strings.HasPrefix(ev.ID, "mqtt-") {
		t.Errorf("the oldest message is %+v", ev)
	}
}
