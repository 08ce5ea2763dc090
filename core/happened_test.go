package core

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/core/watch"
	"edged/engine"
)

func TestHappened(t *testing.T) {
	with := func(c watch.Container, code int, oom bool) watch.Container {
		c.ExitCode, c.OOM = code, oom
		return c
	}
	up, down := plain("a", "web", "running", ""), plain("a", "web", "exited", "")
	tests := map[string]struct {
		change watch.Change
		want   string
	}{
		"new":               {watch.Change{Container: plain("a", "web", "created", "")}, "container_created"},
		"run":               {watch.Change{Container: up}, "container_created container_started"},
		"run, ended":        {watch.Change{Container: with(down, 3, false), Exits: 1}, "container_created container_started container_died!"},
		"started":           {watch.Change{Container: up, Before: down}, "container_started"},
		"stopped":           {watch.Change{Container: down, Before: up, Exits: 1}, "container_died"},
		"failed":            {watch.Change{Container: with(down, 1, false), Before: up, Exits: 1}, "container_died!"},
		"killed for memory": {watch.Change{Container: with(down, 137, true), Before: up, Exits: 1}, "container_oom container_died!"},
		"a process killed":  {watch.Change{Container: up, Before: up, OOMs: 2}, "container_oom*2"},
		"loops":             {watch.Change{Container: with(up, 1, false), Before: up, Exits: 3}, "container_died!*3 container_started*3"},
		"loops and ends":    {watch.Change{Container: with(down, 1, false), Before: up, Exits: 3}, "container_started*2 container_died!*3"},
		"paused":            {watch.Change{Container: plain("a", "web", "paused", ""), Before: up}, "container_paused"},
		"unpaused":          {watch.Change{Container: up, Before: plain("a", "web", "paused", "")}, "container_unpaused"},
		"renamed":           {watch.Change{Container: plain("a", "shop", "running", ""), Before: up}, "container_renamed"},
		"removed":           {watch.Change{Container: down, Before: down, Gone: true}, "container_removed"},
		"removed by force":  {watch.Change{Container: with(down, 137, false), Before: up, Exits: 1, Gone: true}, "container_died! container_removed"},
		"healthy":           {watch.Change{Container: plain("a", "web", "running", "healthy"), Before: plain("a", "web", "running", "starting")}, "health_healthy"},
		"unhealthy":         {watch.Change{Container: plain("a", "web", "running", "unhealthy"), Before: plain("a", "web", "running", "healthy")}, "health_unhealthy"},
		"starting again":    {watch.Change{Container: plain("a", "web", "running", "starting"), Before: plain("a", "web", "exited", "")}, "container_started"},
		"nothing":           {watch.Change{Container: up, Before: up}, ""},
	}
	for name, tt := range tests {
		var got []string
		for _, h := range happened(tt.change, "web", time.Now()) {
			word := h.event.Type
			if h.failed != "" {
				word += "!"
			}
			if h.times > 1 {
				word += fmt.Sprint("*", h.times)
			}
			if strings.ContainsAny(word, " :") || h.event.Fields["container"] != tt.change.Container.Name || h.event.Text == "" {
				t.Errorf("%s: %+v", name, h)
			}
			got = append(got, word)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// events are the events that were told, by type and count.
func (k *kept) events() (out []report.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.records {
		if e, ok := r.(report.Event); ok {
			out = append(out, e)
		}
	}
	return out
}

// A storm is told in a few events that say of how many they are.
func TestTalesFold(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		if n := len(r.told.events()); n != 0 {
			t.Fatalf("%d events of what was there at the start", n)
		}
		begin := time.Now()
		for range 100 {
			r.send(engine.Event{Kind: engine.KindContainer, Action: engine.ActionDie, ID: "id-web", ExitCode: 3})
			r.send(engine.Event{Kind: engine.KindContainer, Action: engine.ActionStart, ID: "id-web"})
			<-time.After(120 * time.Millisecond)
		}
		<-time.After(foldFor)
		counts, last := map[string]int{}, map[string]time.Time{}
		for _, e := range r.told.events() {
			n, folded := e.Fields["count"].(int)
			if !folded {
				n = 1
			}
			counts[e.Type] += n
			last[e.Type] = e.Time
			if e.Type == containerDied {
				logs, _ := e.Fields["logs"].([]string)
				if len(logs) == 0 || logs[len(logs)-1] != "last of id-web" || e.Fields["exitCode"] != 3 || e.Service != "web" {
					t.Errorf("event %+v", e)
				}
			}
		}
		if counts[containerDied] != 100 || counts[containerStarted] != 100 {
			t.Errorf("told of %v", counts)
		}
		if n := len(r.told.events()); n > 10 {
			t.Errorf("%d events within %s", n, time.Since(begin))
		}
	})
}

// Folded events of a service come in the order in which they happened, and none waits for those of another.
func TestTalesKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tales := newTales(nil, nil)
		note := func(service string, kinds ...string) {
			for _, kind := range kinds {
				tales.note(happening{event: report.Event{Service: service, Type: kind}, times: 1})
			}
		}
		expect := func(wait time.Duration, want string) {
			t.Helper()
			time.Sleep(wait)
			due, _ := tales.due(time.Now())
			var got []string
			for _, h := range due {
				got = append(got, fmt.Sprintf("%s:%s*%d", h.event.Service, h.event.Type, h.times))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		note("web", "created", "started")
		expect(0, "web:created*1 web:started*1")
		expect(time.Second, "")
		note("web", "died")
		expect(time.Second, "web:died*1")
		note("web", "started", "died", "started")
		note("db", "created")
		note("web", "removed") // the first of its type, but after what waits
		expect(time.Second, "db:created*1")
		expect(2*time.Second, "") // a start may be told, but the end before it not yet
		expect(2*time.Second, "web:died*1 web:started*2 web:removed*1")
	})
}

// What is folded when edged ends is told before it does.
func TestTalesAreToldAtTheEnd(t *testing.T) {
	var told *kept
	working(t, nil, nil, func(r *rig) {
		told = r.told
		for range 3 {
			r.send(engine.Event{Kind: engine.KindContainer, Action: engine.ActionDie, ID: "id-web"})
			r.send(engine.Event{Kind: engine.KindContainer, Action: engine.ActionStart, ID: "id-web"})
		}
		synctest.Wait()
	})
	died := 0
	for _, e := range told.events() {
		if e.Type == containerDied {
			n, _ := e.Fields["count"].(int)
			died += max(n, 1)
		}
	}
	if died != 3 {
		t.Errorf("told of %d ends, want 3", died)
	}
}

func TestLastLinesAreBounded(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		lines := r.lastLines(r.Context(), "id-web")
		size := 0
		for _, l := range lines {
			size += len(l)
		}
		if len(lines) != 2 || size > tailBytes || lines[1] != "last of id-web" {
			t.Errorf("%d lines of %d bytes: %q", len(lines), size, lines)
		}
	})
}
