// Command policy measures what policy costs: the time and memory of events and
// scripts on this machine and, under qemu, the instructions that an event takes
// on the machines that edged is for. It needs no lab.
//
// With -events it only asks so many events and ends: what qemu runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	runtime.LockOSThread() // to the first thread, whose instructions are counted
	events := flag.Int("events", -1, "only ask so many events")
	scripts := flag.Int("scripts", 1, "with -events: of so many scripts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *events, *scripts); err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, events, scripts int) error {
	if events >= 0 {
		return askOnly(ctx, events, scripts)
	}
	return errors.Join(timeEvents(ctx), idleMemory(), timeLoop(ctx), countInstructions(ctx))
}
