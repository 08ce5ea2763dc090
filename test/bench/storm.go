package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edged/test/daemon"
	"edged/test/stand"
)

const (
	stormOf   = 30 * time.Second
	stormRate = 1000 // events a second
)

// storm has a stand-in for an engine tell of 1 000 events a second, and measures what
// memory edged takes afterwards and whether the newest states are at the broker.
func (b *bench) storm(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "edged-storm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	engine, err := stand.New(filepath.Join(dir, "engine.sock"), 100)
	if err != nil {
		return err
	}
	defer engine.Close()
	b.edged, err = daemon.New(ctx, dir, daemon.Settings{Engine: engine.Host, Broker: b.env.MQTTURL, Policy: dir, StableFor: time.Second})
	if err != nil {
		return err
	}
	before := b.broker.now()
	down, err := b.up(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, down()) }()
	for i := range engine.Running() {
		if _, err := b.broker.wait(ctx, before, stand.Name(i), "up"); err != nil {
			return err
		}
	}
	atRest, err := b.rested(ctx, rest)
	if err != nil {
		return err
	}
	sent, took := engine.Storm(ctx, stormRate, stormOf)
	mark := time.Now()
	for i, runs := range engine.Running() {
		status := map[bool]string{true: "up", false: "down"}[runs]
		if err := b.settles(ctx, stand.Name(i), status); err != nil {
			return err
		}
	}
	caughtUp := time.Since(mark)
	afterwards, err := b.rested(ctx, 6*rest)
	if err != nil {
		return err
	}
	row("storm: engine events a second", "1/s", numbers{float64(sent) / took.Seconds()})
	row("storm: its end -> all newest states at a subscriber", "ms", numbers{float64(caughtUp.Milliseconds())})
	row("storm: resident memory before", "MiB", numbers{atRest})
	row("storm: resident memory after, over that before", "MiB", numbers{afterwards - atRest})
	return nil
}

// settles waits until the newest word about a service is the status.
func (b *bench) settles(ctx context.Context, service, status string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if b.broker.newest(service) == status {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s is %s at the broker, not %s", service, b.broker.newest(service), status)
}

// rested is edged's resident memory in MiB after a while without work.
func (b *bench) rested(ctx context.Context, while time.Duration) (float64, error) {
	select {
	case <-time.After(while):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	kib, err := residentKiB(b.edged.PID())
	return kib / 1024, err
}
