package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"edged/test/daemon"
	"edged/test/stand"
)

const (
	settling = 15 * time.Second // from a start until edged is at rest
	resting  = 3 * time.Minute
)

// wear counts how often edged writes to its state while nothing happens but telemetry, with a broker and without one.
// Each write is one sync; what it is to the flash is up to the file system.
func (b *bench) wear(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "edged-wear-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	engine, err := stand.New(filepath.Join(dir, "engine.sock"), 10)
	if err != nil {
		return err
	}
	defer engine.Close()
	states := []struct{ name, broker string }{{"with a broker", b.env.MQTTURL}, {"without one", "tcp://127.0.0.1:1"}}
	perHour, bytes, errs := make([]float64, len(states)), make([]float64, len(states)), make([]error, len(states))
	var both sync.WaitGroup
	for i, s := range states {
		home := filepath.Join(dir, fmt.Sprint(i))
		if err := errors.Join(os.MkdirAll(home+"/policy.d", 0o755), os.MkdirAll(home+"/state", 0o755)); err != nil {
			return err
		}
		edged, err := daemon.New(ctx, home, daemon.Settings{Engine: engine.Host, Broker: s.broker, Policy: home + "/policy.d", StableFor: time.Second})
		if err != nil {
			return err
		}
		edged.Environ = []string{"EDGED_MQTT_ROOT=wear", fmt.Sprint("EDGED_MQTT_CLIENT_ID=wear-", i)}
		if err := edged.Start(); err != nil {
			return err
		}
		defer edged.Kill()
		both.Go(func() { perHour[i], bytes[i], errs[i] = written(ctx, edged) })
	}
	both.Wait()
	for i, s := range states {
		row("writes to flash at rest, "+s.name, "1/h", numbers{perHour[i]})
		row("  KiB an hour, as the kernel counts them", "KiB", numbers{bytes[i] / 1024})
	}
	return errors.Join(errs...)
}

// written counts the writes of an edged at rest, and the bytes that it has the kernel write.
func written(ctx context.Context, edged *daemon.Daemon) (perHour, bytes float64, err error) {
	if err := pause(ctx, settling); err != nil {
		return 0, 0, err
	}
	seen, err := syscall.InotifyInit1(syscall.IN_NONBLOCK)
	if err != nil {
		return 0, 0, err
	}
	defer syscall.Close(seen)
	if _, err := syscall.InotifyAddWatch(seen, filepath.Join(edged.Dir, "state"), syscall.IN_MODIFY|syscall.IN_MOVED_TO|syscall.IN_DELETE); err != nil {
		return 0, 0, err
	}
	before, err := writtenBytes(edged.PID())
	if err != nil {
		return 0, 0, err
	}
	if err := pause(ctx, resting); err != nil {
		return 0, 0, err
	}
	after, err := writtenBytes(edged.PID())
	if err != nil {
		return 0, 0, err
	}
	events := make([]byte, 64<<10)
	n, err := syscall.Read(seen, events)
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		return 0, 0, err
	}
	hours := resting.Hours()
	return float64(countEvents(events[:max(n, 0)])) / hours, (after - before) / hours, nil
}

// countEvents counts the events of inotify(7) in what was read.
func countEvents(text []byte) (count int) {
	const head = syscall.SizeofInotifyEvent
	for len(text) >= head {
		name := int(text[head-4]) | int(text[head-3])<<8 // the last field: bytes of the name
		text = text[head+name:]
		count++
	}
	return count
}

// writtenBytes is write_bytes of /proc/PID/io.
func writtenBytes(pid int) (float64, error) { return processNumber(pid, "io", "write_bytes:") }

func pause(ctx context.Context, while time.Duration) error {
	select {
	case <-time.After(while):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
