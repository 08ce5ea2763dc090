package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

const updates = 10

// outage compares the outage of an update with stopping and starting the same
// container on the same engine, in turn, both by the engine's own times.
func (b *bench) outage(ctx context.Context) (err error) {
	down, err := b.up(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, down()) }()
	const name = "bench-outage"
	defer b.remove(ctx, name)
	if err := b.docker(ctx, "run", "-d", "--name", name, b.env.Image("web:1")); err != nil {
		return err
	}
	var bare, updated, ratio numbers
	for range updates {
		one, err := b.stopStart(ctx, name)
		if err != nil {
			return err
		}
		two, err := b.update(ctx, name)
		if err != nil {
			return err
		}
		bare, updated, ratio = append(bare, one), append(updated, two), append(ratio, two/one)
	}
	row("outage of stop + start", "ms", bare)
	row("outage of an update of the same container", "ms", updated)
	row("ratio, pair by pair", "x", ratio)
	return nil
}

func (b *bench) stopStart(ctx context.Context, name string) (float64, error) {
	if err := b.docker(ctx, "stop", name); err != nil {
		return 0, err
	}
	finished, err := b.stateTime(ctx, name, "FinishedAt")
	if err != nil {
		return 0, err
	}
	if err := b.docker(ctx, "start", name); err != nil {
		return 0, err
	}
	started, err := b.stateTime(ctx, name, "StartedAt")
	return float64(started.Sub(finished).Microseconds()) / 1000, err
}

func (b *bench) update(ctx context.Context, name string) (float64, error) {
	out, err := b.edged.Command(ctx, "update", name, b.env.Image("web:1"), "--force", "--output", "json").Output()
	if err != nil {
		return 0, fmt.Errorf("update: %w\n%s", err, out)
	}
	var line struct {
		Result struct {
			Timing struct {
				OutageMS float64 `json:"outage_ms"`
			}
		}
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		if err := dec.Decode(&line); err != nil {
			return 0, err
		}
	}
	return line.Result.Timing.OutageMS, nil
}
