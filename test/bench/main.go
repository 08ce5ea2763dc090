// Command bench measures, in one run on one machine, what edged promises: how
// soon the broker knows, how much memory it takes, what a hook costs and how long
// an update interrupts a service. It prints medians with minimum and maximum, and
// fails only when it cannot measure. It needs a lab (see cmd/lab).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"edged/test/daemon"
	"edged/test/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is the setting of all measurements.
type bench struct {
	engine lab.Engine
	env    *lab.Env
	edged  *daemon.Daemon
	broker *broker
}

func run(ctx context.Context) error {
	env, ok := lab.FromEnvironment()
	if !ok {
		return errors.New("no lab in the environment: use make bench")
	}
	dir, err := os.MkdirTemp("", "edged-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{env: env, engine: lab.Engine{Name: "docker", Host: env.DockerHost}}
	if err := b.open(ctx, dir); err != nil {
		return err
	}
	defer b.broker.close()
	for _, measure := range []func(context.Context) error{
		b.hooks, b.healthLatency, b.gate, b.outage, b.startup, b.storm, b.wear,
	} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) open(ctx context.Context, dir string) (err error) {
	policies := filepath.Join(dir, "policy.d")
	if err := os.Mkdir(policies, 0o755); err != nil {
		return err
	}
	b.edged, err = daemon.New(ctx, dir, daemon.Settings{
		Engine: b.env.DockerHost, Broker: b.env.MQTTURL, Policy: policies, StableFor: time.Second,
	})
	if err != nil {
		return err
	}
	b.broker, err = subscribe(b.env.MQTTURL)
	return err
}

// up starts edged and returns what stops it, once edged has said that it is up.
func (b *bench) up(ctx context.Context) (down func() error, err error) {
	mark := b.broker.now()
	if err := b.edged.Start(); err != nil {
		return nil, err
	}
	_, err = b.broker.wait(ctx, mark, "edged", "up")
	return b.edged.Stop, err
}
