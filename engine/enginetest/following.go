package enginetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"

	"edged/engine"
)

// following has the promises about events.
func following() []behaviour {
	return []behaviour{
		{"EventsOfALife", eventsOfALife},
		{"EventsOfHealth", eventsOfHealth},
		{"EventsAcrossConnections", eventsAcrossConnections},
		{"EventsEnd", eventsEnd},
		{"MonitorEvents", monitorEvents},
	}
}

// follow starts to follow the engine and returns when the stream stands.
func (target Target) follow(t *testing.T) <-chan engine.Event {
	t.Helper()
	stream := target.Client.Events(within(t))
	if first := <-stream; first.Kind != engine.KindEngine || first.Action != engine.ActionConnected {
		t.Fatalf("first event %+v", first)
	}
	return stream
}

// until collects the events of the container up to the action.
func until(t *testing.T, stream <-chan engine.Event, id string, last engine.Action) []engine.Event {
	t.Helper()
	var got []engine.Event
	for e := range stream {
		if e.ID != id {
			continue
		}
		got = append(got, e)
		if e.Action == last {
			return got
		}
	}
	t.Fatalf("no %s among %+v", last, got)
	return nil
}

func actions(list []engine.Event) []engine.Action {
	var got []engine.Action
	for _, e := range list {
		got = append(got, e.Action)
	}
	return got
}

func eventsOfALife(t *testing.T, target Target) {
	stream := target.follow(t)
	made := target.start(t, engine.CreateSpec{Image: "idle:1", Labels: map[string]string{"suite": "events"}})
	id := target.state(t, made).ID
	renamed := name(t, "-renamed")
	target.remove(t, renamed)
	if err := target.Client.Rename(within(t), made, renamed); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.Kill(within(t), id, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	died := until(t, stream, id, engine.ActionDie)
	if err := target.Client.Remove(within(t), id); err != nil {
		t.Fatal(err)
	}
	got := append(died, until(t, stream, id, engine.ActionDestroy)...)
	want := []engine.Action{engine.ActionCreate, engine.ActionStart, engine.ActionRename, engine.ActionDie, engine.ActionDestroy}
	if order := slices.DeleteFunc(actions(got), func(a engine.Action) bool { return !slices.Contains(want, a) }); !slices.Equal(order, want) {
		t.Errorf("actions %v", actions(got))
	}
	if !slices.Contains(actions(got), engine.ActionKill) { // Podman may tell it after what it led to
		t.Errorf("no kill in %v", actions(got))
	}
	for _, e := range got {
		if e.Kind != engine.KindContainer || e.Image != target.Image("idle:1") || e.Labels["suite"] != "events" || e.Labels["name"] != "" {
			t.Errorf("event %+v", e)
		}
		if d := time.Since(e.Time); d < 0 || d > patience {
			t.Errorf("%s %s ago", e.Action, d)
		}
		if e.Action == engine.ActionDie && (e.ExitCode != 137 || e.Name != renamed) {
			t.Errorf("die %+v", e)
		}
		if e.Action == engine.ActionRename && (e.Name != renamed || e.OldName != made && !target.Client.IsPodman()) {
			t.Errorf("rename %+v", e)
		}
	}
}

func eventsOfHealth(t *testing.T, target Target) {
	stream := target.follow(t)
	made := target.start(t, engine.CreateSpec{Image: "sickly:1", Env: []string{"SICK_AFTER=3"}})
	id := target.state(t, made).ID
	var health []string
	for e := range stream {
		if e.ID != id {
			continue
		}
		if strings.HasPrefix(string(e.Action), "exec") {
			t.Errorf("noise: %+v", e)
		}
		if e.Action == engine.ActionHealth && e.Health != "starting" {
			health = append(health, e.Health)
		}
		if e.Health == "unhealthy" {
			break
		}
	}
	if !slices.Equal(health, []string{"healthy", "unhealthy"}) {
		t.Errorf("health went %v", health)
	}
}

func eventsEnd(t *testing.T, target Target) {
	ctx, cancel := context.WithCancel(within(t))
	stream := target.Client.Events(ctx)
	<-stream
	cancel()
	for range stream {
	}
}

func monitorEvents(t *testing.T, target Target) {
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	messages, failed := target.Client.MonitorEvents(ctx)
	made := target.create(t, engine.CreateSpec{Image: "exits:1"})
	id := target.state(t, made).ID
	// MonitorEvents does not say when it stands, but asks for everything since it was called.
	if err := target.Client.StartContainer(ctx, made); err != nil {
		t.Fatal(err)
	}
	for m := range messages {
		if m.Actor.ID != id || m.Action != events.ActionDie {
			continue
		}
		if m.Type != events.ContainerEventType || m.Actor.Attributes["exitCode"] != "3" || m.Actor.Attributes["name"] != made {
			t.Errorf("die %+v", m)
		}
		cancel()
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error at the end: %v", err)
	}
}
