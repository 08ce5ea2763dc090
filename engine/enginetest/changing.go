package enginetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"edged/engine"
)

// changing has the promises about starting, stopping and removing containers, and waiting for them.
func changing() []behaviour {
	return []behaviour{
		{"StartStop", startStop},
		{"StopGrace", stopGrace},
		{"StopOfCrashLoop", stopOfCrashLoop},
		{"Restart", restart},
		{"Kill", kill},
		{"Rename", rename},
		{"Remove", remove},
		{"WaitForStop", waitForStop},
		{"WaitForHealthySettles", waitForHealthySettles},
		{"WaitForHealthyExit", waitForHealthyExit},
		{"WaitForHealthyCheck", waitForHealthyCheck},
		{"WaitEndsWithContext", waitEndsWithContext},
	}
}

func startStop(t *testing.T, target Target) {
	c := target.Client
	made := target.create(t, engine.CreateSpec{Image: "idle:1"})
	steps := []struct {
		name    string
		do      func(context.Context, string) error
		running bool
	}{
		{"stop before the first start", c.StopContainer, false},
		{"start", c.StartContainer, true},
		{"start again", c.StartContainer, true},
		{"stop", c.StopContainer, false},
		{"stop again", c.StopContainer, false},
	}
	for _, step := range steps {
		if err := step.do(within(t), made); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if state := target.state(t, made); state.Running != step.running {
			t.Errorf("%s: %+v", step.name, state)
		}
	}
	for _, do := range []func(context.Context, string) error{c.StartContainer, c.StopContainer, c.RestartContainer} {
		if err := do(within(t), "suite-no-such"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("on nothing: %v", err)
		}
	}
}

func stopGrace(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "stubborn:1", StopTimeout: new(patience)})
	begin := time.Now()
	if err := target.Client.Stop(within(t), made, new(time.Second)); err != nil {
		t.Fatal(err)
	}
	if passed := time.Since(begin); passed < 900*time.Millisecond || passed > patience/2 {
		t.Errorf("stop with 1 s took %s", passed)
	}
	if state := target.state(t, made); state.Running || state.ExitCode != 137 {
		t.Errorf("state %+v", state)
	}
}

// stopOfCrashLoop: wherever in its loop the stop meets it, the container stays stopped, and starts when it is asked to.
func stopOfCrashLoop(t *testing.T, target Target) {
	for _, command := range []string{"exit 1", "sleep 1; exit 1"} {
		made := target.start(t, engine.CreateSpec{Image: "idle:1", Restart: "always", Command: []string{"sh", "-c", command}})
		for range 2 {
			pause(t.Context(), 700*time.Millisecond)
			if err := target.Client.StopContainer(within(t), made); err != nil {
				t.Fatal(err)
			}
			before := target.state(t, made)
			pause(t.Context(), 1500*time.Millisecond)
			after := target.state(t, made)
			if before.Running || after.Running || !after.StartedAt.Equal(before.StartedAt) || after.Restarts != before.Restarts {
				t.Errorf("%s: stopped: %+v, later: %+v", command, before, after)
			}
			if err := target.Client.StartContainer(within(t), made); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func restart(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	before := target.state(t, made)
	if err := target.Client.RestartContainer(within(t), made); err != nil {
		t.Fatal(err)
	}
	after := target.state(t, made)
	if !after.Running || !after.StartedAt.After(before.StartedAt) || after.Restarts != 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func kill(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	if err := target.Client.Kill(within(t), made, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.WaitForStop(within(t), made); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.Kill(within(t), made, "SIGKILL"); !errors.Is(err, engine.ErrConflict) {
		t.Errorf("kill of what does not run: %v", err)
	}
	if err := target.Client.Kill(within(t), "suite-no-such", ""); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("kill of nothing: %v", err)
	}
}

func rename(t *testing.T, target Target) {
	one, two, three := name(t, "-1"), name(t, "-2"), name(t, "-3")
	target.create(t, engine.CreateSpec{Name: one, Image: "idle:1"})
	target.create(t, engine.CreateSpec{Name: two, Image: "idle:1"})
	if err := target.Client.Rename(within(t), one, two); !errors.Is(err, engine.ErrConflict) {
		t.Errorf("rename to a taken name: %v", err)
	}
	id := target.state(t, one).ID
	target.remove(t, three)
	if err := target.Client.Rename(within(t), one, three); err != nil {
		t.Error(err)
	}
	if state := target.state(t, three); state.ID != id {
		t.Errorf("after the rename: %+v", state)
	}
	if err := target.Client.Rename(within(t), one, three); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("rename of nothing: %v", err)
	}
}

func remove(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	for range 2 {
		if err := target.Client.Remove(within(t), made); err != nil {
			t.Error(err)
		}
	}
	made = target.start(t, engine.CreateSpec{Image: "idle:1"})
	for range 2 {
		if err := target.Client.StopRemoveContainer(within(t), made); err != nil {
			t.Error(err)
		}
	}
	if _, err := target.Client.State(within(t), made); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("state after removal: %v", err)
	}
}

// soon is how fast an event must end a wait: well before the polls do.
const soon = 4 * time.Second

func waitForStop(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	stopped := make(chan error, 1)
	go func() { stopped <- target.Client.WaitForStop(t.Context(), made) }()
	select {
	case err := <-stopped:
		t.Fatalf("returned while it runs: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	begin := time.Now()
	if err := target.Client.Remove(within(t), made); err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; err != nil || time.Since(begin) > soon {
		t.Errorf("wait for stop: %v after %s", err, time.Since(begin))
	}
	if err := target.Client.WaitForStop(within(t), made); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("wait for nothing: %v", err)
	}
}

func waitForHealthySettles(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	begin := time.Now()
	if err := target.Client.WaitForHealthy(within(t), made); err != nil {
		t.Fatal(err)
	}
	if passed := time.Since(begin); passed < 2900*time.Millisecond || passed > patience/4 {
		t.Errorf("settled after %s", passed)
	}
}

func waitForHealthyExit(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	result := make(chan error, 1)
	go func() { result <- target.Client.WaitForHealthy(t.Context(), made) }()
	begin := time.Now()
	if err := target.Client.Kill(within(t), made, ""); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, engine.ErrConflict) || time.Since(begin) > soon {
		t.Errorf("wait for healthy: %v after %s", err, time.Since(begin))
	}
}

// waitForHealthyCheck compares with the event, since a busy engine is late with its checks.
func waitForHealthyCheck(t *testing.T, target Target) {
	stream := target.follow(t)
	made := target.start(t, engine.CreateSpec{Image: "slowhealth:1"})
	result := make(chan error, 1)
	go func() { result <- target.Client.WaitForHealthy(within(t), made) }()
	for e := range stream {
		if e.Name == made && e.Health == "healthy" {
			break
		}
	}
	begin := time.Now()
	if err := <-result; err != nil || time.Since(begin) > soon {
		t.Errorf("wait for healthy: %v, %s after the event", err, time.Since(begin))
	}
	// The container counts its three seconds from its start, which a busy engine notes later.
	if state := target.state(t, made); state.Health != "healthy" || time.Since(state.StartedAt) < time.Second {
		t.Errorf("%s after the start: %+v", time.Since(state.StartedAt), state)
	}
}

func waitEndsWithContext(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "slowhealth:1", Env: []string{"HEALTHY_AFTER=600"}})
	for _, wait := range []func(context.Context, string) error{target.Client.WaitForHealthy, target.Client.WaitForStop} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		begin := time.Now()
		if err := wait(ctx, made); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > soon {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		cancel()
	}
}
