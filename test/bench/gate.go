package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"edged/core/api"
)

// gate measures how soon an update goes on once the engine has told how its new container is: to the commit when it is
// healthy, to the rollback when it has exited. The end of it is what who asked for the update sees.
func (b *bench) gate(ctx context.Context) (err error) {
	down, err := b.up(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, down()) }()
	const name = "bench-gate"
	defer b.remove(ctx, name)
	if err := b.docker(ctx, "run", "-d", "--name", name, b.env.Image("idle")); err != nil {
		return err
	}
	var commit, rollback numbers
	for range updates {
		if err := b.judged(ctx, name, "slowhealth", "health_status", "commit", &commit); err != nil {
			return err
		}
		if err := b.judged(ctx, name, "crashloop", "die", "rollback", &rollback); err != nil {
			return err
		}
	}
	row("new container is healthy, by the engine's event -> commit", "ms", commit)
	row("new container has exited, by the engine's event -> rollback", "ms", rollback)
	return nil
}

// judged updates the container and adds the time from the engine's last event of that kind to the step.
func (b *bench) judged(ctx context.Context, name, image, event, step string, into *numbers) error {
	begin := time.Now()
	cmd := b.edged.Command(ctx, "update", name, b.env.Image(image), "--force", "--env", "HEALTHY_AFTER=1", "--output", "json")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	var stepped time.Time
	for lines := json.NewDecoder(out); ; {
		var line api.Line
		if lines.Decode(&line) != nil {
			break
		}
		if line.Progress != nil && line.Progress.Step == step {
			stepped = time.Now()
		}
	}
	_ = cmd.Wait() // a rollback is no success
	if stepped.IsZero() {
		return fmt.Errorf("the update to %s did not come to the step %s", image, step)
	}
	// The old container's end came before the new one's.
	told, err := b.eventTime(ctx, name, event, begin)
	if err != nil {
		return err
	}
	into.ms(stepped.Sub(told))
	return nil
}
