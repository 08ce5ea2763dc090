package e2e

import (
	"testing"
	"time"

	"edged/core/request"
	"edged/test/lab"
)

// Without an engine edged waits, and does then what it was asked for in the meantime.
func TestEngineComesLater(t *testing.T) {
	everywhere(t, func(e *edged) {
		name := e.run("idle", e.lab.Image("idle"))
		door := e.ownDoor()
		e.relisten()
		e.launch()
		e.journal.wait(e.t, "level=WARN", "waiting for the engine")
		e.hears(time.Time{}, e.topic("edged", "status", "health"), `"up"`)
		if s := e.status(); s.Engine.Connected || s.Engine.Error == "" {
			e.t.Errorf("status without an engine: %+v", s.Engine)
		}
		e.send("stop", "1", `{"status":"init","container":"`+name+`"}`)
		e.hears(time.Time{}, e.commandTopic("stop", "1"), `"executing"`)

		door.open()
		if s := e.finishes(time.Time{}, "stop", "1"); s.Status != "successful" {
			e.t.Errorf("the command ended as %+v", s)
		}
		e.isReported(time.Time{}, name, "down")
		s := e.status()
		if !s.Engine.Connected || s.Engine.Type != e.engine.Name || s.Engine.Host != e.settings["engine.host"] {
			e.t.Errorf("status with an engine: %+v", s.Engine)
		}
	})
}

// What happened while edged could not see the engine is found by comparing.
func TestEngineOutOfSight(t *testing.T) {
	everywhere(t, func(e *edged) {
		door := e.ownDoor()
		door.open()
		e.start()
		since := time.Now()
		goes, stops := e.run("goes", e.lab.Image("idle")), e.run("stops", e.lab.Image("idle"))
		e.isReported(since, goes, "up")
		e.isReported(since, stops, "up")

		door.shut()
		eventually(e.t, "edged to miss its engine", func() bool { return !e.status().Engine.Connected })
		e.engine.Run(e.t, "rm", "--force", goes)
		e.engine.Run(e.t, "stop", stops)
		comes := e.run("comes", e.lab.Image("idle"))
		since = time.Now()
		door.open()
		e.isCleared(since, goes)
		e.hears(since, e.topic(stops, "status", "health"), `"down"`)
		e.isReported(since, comes, "up")
	})
}

// A stop that the engine restarts for comes back as the engine brings it back.
func TestEngineRestarts(t *testing.T) {
	t.Parallel()
	docker := ownDocker(t)
	e := newEdged(t, lab.Engine{Name: "docker", Host: docker.Host()})
	e.start()
	since := time.Now()
	back := e.run("back", "--restart", "always", e.lab.Image("idle"))
	ends := e.run("ends", e.lab.Image("idle"))
	e.isReported(since, back, "up")
	e.isReported(since, ends, "up")

	since = time.Now()
	if err := docker.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.hears(since, e.topic(ends, "status", "health"), `"down"`)
	eventually(t, "edged to have its engine again", func() bool { return e.status().Engine.Connected })
	since = time.Now()
	e.engine.Run(t, "stop", back)
	e.hears(since, e.topic(back, "status", "health"), `"down"`)

	// Killed, and away for a while: a request waits neither for ever nor in vain.
	docker.Kill()
	eventually(t, "edged to miss its engine", func() bool { return !e.status().Engine.Connected })
	if res, _ := e.ask(12, "start", ends); res.Outcome != request.Failed {
		t.Errorf("start without an engine: %+v", res)
	}
	if err := docker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "edged to have its engine again", func() bool { return e.status().Engine.Connected })
	since = time.Now()
	e.cli(0, "start", ends)
	e.hears(since, e.topic(ends, "status", "health"), `"up"`)
}

// ownDocker starts a Docker that the test may kill, with the one image that the test needs.
func ownDocker(t *testing.T) *lab.Docker {
	t.Helper()
	env := lab.Shared(t)
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	docker, err := lab.StartDocker(t.Context(), folder, lab.DockerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Stop() })
	if err := docker.Pull(t.Context(), env.Image("idle"), "", ""); err != nil {
		t.Fatal(err)
	}
	return docker
}
