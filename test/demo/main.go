// Command demo walks through what edged does, on real containers: it builds
// edged, starts it in a lab (see cmd/lab) with the policies of scripts/lua, and
// shows each step as it happens, with the MQTT messages that it causes. It ends
// with an error as soon as a step does not happen.
//
// With -stay it starts the same, prints how to reach it, and waits for Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"edged/test/lab"
)

func main() {
	stay := flag.Bool("stay", false, "leave edged running for a person, until Ctrl-C")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *stay); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stay bool) (err error) {
	env, ok := lab.FromEnvironment()
	if !ok {
		return errors.New("no lab in the environment: use make demo")
	}
	dir, err := os.MkdirTemp("", "edged-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &stage{env: env, dir: dir}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx); err != nil {
		return err
	}
	if stay {
		return s.stay(ctx)
	}
	return s.Play(ctx)
}
