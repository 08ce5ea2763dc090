// Command edged watches the containers of a device, asks policy scripts about
// what happens to them, updates them safely, and reports over MQTT.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is burnt in by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks, the second one ends the process as if nobody listened.
	context.AfterFunc(ctx, stop)
	a := &app{out: os.Stdout, errOut: os.Stderr, environ: os.Environ()}
	os.Exit(a.execute(ctx, calledAs(os.Args)))
}
