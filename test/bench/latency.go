package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const repetitions = 20

// healthLatency measures until a subscriber of the broker knows of a container's
// start and end: from when it happened, by the engine's own times, and from when
// the engine told, by its event. Engines take their time in between.
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
	var up, dead transition
	for range repetitions {
		if err := b.once(ctx, name, "start", "up", "StartedAt", "start", &up); err != nil {
			return err
		}
		if err := b.once(ctx, name, "kill", "down", "FinishedAt", "die", &dead); err != nil {
			return err
		}
	}
	row("container has started -> up at a subscriber", "ms", up.happened)
	row("  of which from the engine's event", "ms", up.told)
	row("container has died -> down at a subscriber", "ms", dead.happened)
	row("  of which from the engine's event", "ms", dead.told)
	return nil
}

// transition is how long a subscriber waited, from two beginnings.
type transition struct {
	happened numbers // by the container's state
	told     numbers // by the engine's event
}

// once does something to the container and adds the times until the status
// arrived: since the field of its state, and since the engine's event.
func (b *bench) once(ctx context.Context, name, verb, status, field, event string, into *transition) error {
	begin, mark := time.Now(), b.broker.now()
	if err := b.docker(ctx, verb, name); err != nil {
		return err
	}
	arrived, err := b.broker.wait(ctx, mark, name, status)
	if err != nil {
		return err
	}
	happened, err := b.stateTime(ctx, name, field)
	if err != nil {
		return err
	}
	told, err := b.eventTime(ctx, name, event, begin)
	if err != nil {
		return err
	}
	into.happened.ms(arrived.Sub(happened))
	into.told.ms(arrived.Sub(told))
	return nil
}

// eventTime is when the engine told of the last such event since begin of a container whose name begins with name.
func (b *bench) eventTime(ctx context.Context, name, event string, begin time.Time) (time.Time, error) {
	out, err := b.engine.Try(ctx, "events", "--since", stamp(begin), "--until", stamp(time.Now()),
		"--filter", "container="+name, "--filter", "event="+event, "--format", "{{.TimeNano}}")
	if err != nil {
		return time.Time{}, err
	}
	all := strings.Fields(out)
	if len(all) == 0 {
		return time.Time{}, fmt.Errorf("the engine has told of no %s of %s", event, name)
	}
	nanos, err := strconv.ParseInt(all[len(all)-1], 10, 64)
	return time.Unix(0, nanos), err
}

func stamp(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }

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
