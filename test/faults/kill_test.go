package faults

import (
	"os"
	"testing"

	"edged/core/request"
)

// edgedDies is a power cut for edged alone; it starts again.
var edgedDies = blow{
	strike:  func(l *lane) { l.kill() },
	recover: func(l *lane) { l.start() },
}

// edgedDiesForgetting loses edged's state folder besides.
var edgedDiesForgetting = blow{
	strike: edgedDies.strike,
	recover: func(l *lane) {
		if err := os.RemoveAll(l.path("state")); err != nil {
			l.t.Error(err)
		}
		l.start()
	},
}

// edgedDiesAndIsRepaired is put right by hand before edged starts again.
var edgedDiesAndIsRepaired = blow{
	strike:  edgedDies.strike,
	recover: func(l *lane) { l.repair(); l.start() },
}

// engineDies kills the engine and starts it again; edged lives through it.
var engineDies = blow{
	strike:  func(l *lane) { l.machine.Kill() },
	recover: func(l *lane) { l.machine.revive(l.t) },
}

// allDies is a power cut but for the containers.
var allDies = blow{
	strike:  func(l *lane) { l.kill(); l.machine.Kill() },
	recover: func(l *lane) { l.machine.revive(l.t); l.start() },
}

// repair runs `edged repair`, which must leave one container, as its exit code says.
func (l *lane) repair() {
	l.t.Helper()
	code, results, said := l.cli("repair")
	worst := 0
	for _, r := range results {
		worst = max(worst, r.Outcome.ExitCode())
	}
	if len(results) > 1 || code != worst || code == request.Broken.ExitCode() {
		l.t.Errorf("edged repair ended with %d and %v:\n%s", code, outcomes(results), said)
	}
	list, err := l.machine.containers(l.t.Context(), l.name)
	if err != nil || len(list) != 1 || list[0].Name != l.name || list[0].State.Running == l.stopped {
		l.t.Errorf("after edged repair there are %+v, %v; it said\n%s", list, err, said)
	}
}

// The one that every `make test` runs.
func TestEdgedDies(t *testing.T) {
	m := newMachine(t, options{engine: "docker"}, firstImage, secondImage)
	strikeAll(t, m, trial{strategy: request.Replace, blow: edgedDies}, 3, before, after)
}

func TestEdgedDiesInEveryUpdate(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage, badImage)
		for _, tr := range variety(edgedDies, "") {
			t.Run(tr.String(), func(t *testing.T) { strikeAll(t, m, tr, 4, before, during, after) })
		}
	})
}

func TestEdgedDiesAndItsStateIsLost(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage)
		strikeAll(t, m, trial{strategy: request.Replace, blow: edgedDiesForgetting}, 4, before, after)
	})
}

func TestEdgedDiesAndIsRepaired(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage, badImage)
		for _, tr := range variety(edgedDiesAndIsRepaired, "") {
			t.Run(tr.String(), func(t *testing.T) { strikeAll(t, m, tr, 4, before, after) })
		}
	})
}

// A Docker that is killed without live-restore ends its containers when it comes back, and starts those again whose
// restart policy says so; Podman's live on.
func TestEngineDies(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		for _, tr := range variety(engineDies, "always") {
			t.Run(tr.String(), func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, options{engine: engine}, firstImage, secondImage, badImage)
				strikeAll(t, m, tr, 1, before, during, after)
			})
		}
	})
}

func TestEngineThatKeepsContainersDies(t *testing.T) {
	onlyInFull(t)
	for _, tr := range variety(engineDies, "") {
		t.Run(tr.String(), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, options{engine: "docker", liveRestore: true}, firstImage, secondImage, badImage)
			strikeAll(t, m, tr, 1, before, during, after)
		})
	}
}

// Not "unless-stopped": a Docker that was killed stops what runs when it comes back, and then keeps it stopped.
func TestEngineAndEdgedDie(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		for _, tr := range variety(allDies, "always")[:2] {
			t.Run(tr.String(), func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, options{engine: engine}, firstImage, secondImage, badImage)
				strikeAll(t, m, tr, 1, before, after)
			})
		}
	})
}
