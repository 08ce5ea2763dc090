package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// rest is how long edged is left alone before its memory is read.
const rest = 5 * time.Second

// startup measures how soon a fresh edged has published all containers, and how
// much memory it takes afterwards.
func (b *bench) startup(ctx context.Context) error {
	var names []string
	defer func() { b.remove(ctx, names...) }()
	for _, count := range []int{10, 100} {
		for len(names) < count {
			name := fmt.Sprintf("bench-%03d", len(names))
			names = append(names, name)
			if err := b.docker(ctx, "run", "-d", "--network", "none", "--name", name, b.env.Image("idle:1")); err != nil {
				return err
			}
		}
		if err := b.startWith(ctx, names); err != nil {
			return err
		}
	}
	return b.telemetryWith(ctx, len(names))
}

func (b *bench) startWith(ctx context.Context, names []string) error {
	var listed, whole, told, resident numbers
	for range 5 {
		begin := time.Now()
		if err := b.docker(ctx, "ps", "-aq"); err != nil {
			return err
		}
		listed.ms(time.Since(begin))
		took, kib, err := b.publish(ctx, names)
		if err != nil {
			return err
		}
		whole.ms(took)
		resident = append(resident, kib/1024)
		if took, err = b.afterList(ctx, names); err != nil {
			return err
		}
		told.ms(took)
	}
	row(fmt.Sprintf("`docker ps` with %d containers, for comparison", len(names)), "ms", listed)
	row(fmt.Sprintf("edged's start -> %d containers at a subscriber", len(names)), "ms", whole)
	row(fmt.Sprintf("the engine's list -> %d containers at a subscriber", len(names)), "ms", told)
	row(fmt.Sprintf("resident memory at rest, %d containers", len(names)), "MiB", resident)
	return nil
}

// publish starts edged, waits until all are told, lets it rest and stops it.
func (b *bench) publish(ctx context.Context, names []string) (took time.Duration, kib float64, err error) {
	mark, begin := b.broker.now(), time.Now()
	if err := b.edged.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { err = firstOf(err, b.edged.Stop()) }()
	last, err := b.told(ctx, mark, names)
	if err != nil {
		return 0, 0, err
	}
	if err := pause(ctx, rest); err != nil {
		return 0, 0, err
	}
	kib, err = residentKiB(b.edged.PID())
	return last.Sub(begin), kib, err
}

// afterList starts edged behind a relay and measures from the end of the engine's list.
func (b *bench) afterList(ctx context.Context, names []string) (took time.Duration, err error) {
	socket := filepath.Join(b.edged.Dir, "relay.sock")
	engine, err := newRelay(socket, b.env.DockerHost)
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, engine.close(socket)) }()
	b.edged.Environ = []string{"EDGED_ENGINE_HOST=unix://" + socket}
	defer func() { b.edged.Environ = nil }()
	mark := b.broker.now()
	if err := b.edged.Start(); err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, b.edged.Stop()) }()
	last, err := b.told(ctx, mark, names)
	return last.Sub(engine.answered()), err
}

// told is when the last of the containers has become up, behind a mark.
func (b *bench) told(ctx context.Context, mark int, names []string) (last time.Time, err error) {
	for _, name := range names {
		at, err := b.broker.wait(ctx, mark, name, "up")
		if err != nil {
			return last, err
		}
		if at.After(last) {
			last = at
		}
	}
	return last, nil
}

// residentKiB is VmRSS of /proc/PID/status.
func residentKiB(pid int) (float64, error) { return processNumber(pid, "status", "VmRSS:") }

// processNumber is the number behind a name in a file of /proc/PID.
func processNumber(pid int, file, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var number float64
		if n, _ := fmt.Sscanf(line, name+" %f", &number); n == 1 {
			return number, nil
		}
	}
	return 0, fmt.Errorf("no %s in %s of process %d", name, file, pid)
}
