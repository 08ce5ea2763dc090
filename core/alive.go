package core

import (
	"context"
	"errors"
)

// Alive returns when the daemon has shown that it can still work: its loop has come round, and what it knows can be read.
// It fails when that has not happened by the end of ctx. While it waits for the engine, waiting is its work.
func (d *Daemon) Alive(ctx context.Context) error {
	select {
	case <-d.ready:
	default:
		return nil
	}
	select {
	case d.pulse <- struct{}{}:
	case <-ctx.Done():
		return errors.New("the loop of events does not come round")
	}
	read := make(chan struct{})
	// Nobody waits for it where it hangs: that is what a watchdog ends.
	go func() {
		defer close(read)
		d.Containers()
		d.Status()
	}()
	select {
	case <-read:
		return nil
	case <-ctx.Done():
		return errors.New("what is known can't be read")
	}
}
