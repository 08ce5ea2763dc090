package main

import (
	"context"
	"strings"
	"time"
)

const repetitions = 20

// healthLatency measures from the engine's own times of a container's start and
// end until a subscriber of the broker knows.
func (b *bench) healthLatency(ctx context.Context) (err error) {
	down, err := b.up(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, down()) }()
	const name = "bench-latency"
	defer b.remove(ctx, name)
	if err := b.docker(ctx, "create", "--name", name, b.env.Image("idle:1")); err != nil {
		return err
	}
	var started, died numbers
	for range repetitions {
		if err := b.once(ctx, name, "start", "up", "StartedAt", &started); err != nil {
			return err
		}
		if err := b.once(ctx, name, "kill", "down", "FinishedAt", &died); err != nil {
			return err
		}
	}
	row("container starts -> up at a subscriber", "ms", started)
	row("container dies -> down at a subscriber", "ms", died)
	return nil
}

// once does something to the container and adds the time from the engine's field
// of its state to the arrival of the status.
func (b *bench) once(ctx context.Context, name, verb, status, field string, into *numbers) error {
	mark := b.broker.now()
	if err := b.docker(ctx, verb, name); err != nil {
		return err
	}
	arrived, err := b.broker.wait(ctx, mark, name, status)
	if err != nil {
		return err
	}
	at, err := b.stateTime(ctx, name, field)
	if err == nil {
		into.ms(arrived.Sub(at))
	}
	return err
}

// stateTime is a time in the container's state, such as StartedAt.
func (b *bench) stateTime(ctx context.Context, name, field string) (time.Time, error) {
	out, err := b.engine.Try(ctx, "inspect", "-f", "{{.State."+field+"}}", name)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, strings.TrimSpace(out))
}

func (b *bench) docker(ctx context.Context, args ...string) error {
	_, err := b.engine.Try(ctx, args...)
	return err
}

// remove takes a container away, whatever became of the measurement.
func (b *bench) remove(ctx context.Context, names ...string) {
	args := append([]string{"rm", "-f", "-v"}, names...)
	_ = b.docker(context.WithoutCancel(ctx), args...)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
