package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	measureEvery = 5 * time.Second
	rounds       = 4
)

// telemetryWith measures what a round of telemetry of the containers that run takes:
// its time as edged logs it, and the processor time of edged from one round to the next.
func (b *bench) telemetryWith(ctx context.Context, count int) (err error) {
	b.edged.Environ = []string{"EDGED_TELEMETRY_INTERVAL=" + measureEvery.String(), "EDGED_LOG_LEVEL=debug"}
	defer func() { b.edged.Environ = nil }()
	down, err := b.up(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, down()) }()
	var wall, cpu numbers
	for seen, before := 0, 0.0; len(cpu) < rounds; {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		took, err := b.roundsLogged()
		if err != nil {
			return err
		}
		if len(took) == seen {
			continue
		}
		now, err := processorMS(b.edged.PID())
		if err != nil {
			return err
		}
		if seen++; seen > 2 { // at the first there is nothing to compare with
			wall.ms(took[seen-1])
			cpu = append(cpu, now-before)
		}
		before = now
	}
	row(fmt.Sprintf("a round of telemetry, %d containers", count), "ms", wall)
	row("  edged's processor time for it", "ms", cpu)
	return nil
}

// roundsLogged reads from edged's log how long each round took.
func (b *bench) roundsLogged() (took []time.Duration, err error) {
	text, err := os.ReadFile(b.edged.Log())
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		_, value, found := strings.Cut(strings.TrimSpace(line), "took=")
		if !found || !strings.Contains(line, "msg=telemetry") {
			continue
		}
		d, err := time.ParseDuration(value)
		if err != nil {
			return nil, fmt.Errorf("read edged's log: %w", err)
		}
		took = append(took, d)
	}
	return took, nil
}

// processorMS is the processor time of a process, from fields 14 and 15 of
// /proc/PID/stat, which are hundredths of a second.
func processorMS(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	var user, system float64
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read /proc/%d/stat: %d fields", pid, len(fields))
	}
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return (user + system) * 10, nil
}
