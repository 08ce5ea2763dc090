// Package memory keeps the daemon small while it has nothing to do.
package memory

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The daemon has settled shortly after its start. What a storm later on leaves, so
// much that it is worth it, is given back soon after; little of it in minutes.
const (
	first = 2 * time.Second
	again = 5 * time.Minute
	look  = 15 * time.Second
	much  = 1 << 20 // bytes of the heap that are free and not given back
	most  = 5 << 20 // bytes of the program's file that are mapped: what it does at rest takes less
)

// Keep gives memory back to the kernel, after the start and from time to time,
// until ctx ends: free heap, and the pages of the program's own file, of which
// the kernel maps a neighbourhood at each first use. Code that is used again is
// mapped again from the page cache.
func Keep(ctx context.Context, log *slog.Logger) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for next := time.Now(); ; {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(look)
		now := time.Now()
		due := now.After(next)
		if due {
			next = now.Add(again)
		}
		if due || idle() >= much {
			debug.FreeOSMemory()
		}
		if !due && mapped() < most {
			continue
		}
		if err := forgetProgram(); err != nil {
			log.Debug("give back the program's pages", "error", err)
			return
		}
	}
}

// idle is what of the heap is free and has not been given back, in bytes.
func idle() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapIdle - m.HeapReleased
}

// mapped is what is resident of files, in bytes; 0 if the kernel does not say.
func mapped() int {
	text, _ := os.ReadFile("/proc/self/statm")
	var size, resident, files int
	_, _ = fmt.Sscan(string(text), &size, &resident, &files)
	return files * os.Getpagesize()
}

func forgetProgram() error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	mappings, err := readOnly(maps, exe)
	if err != nil {
		return err
	}
	for _, m := range mappings {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("forget %x-%x: %w", m.from, m.to, errno)
		}
	}
	return nil
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// readOnly finds the mappings of file that can't be written, in the form of proc(5)
// maps. They hold nothing that the file doesn't; to forget a writable one would be
// to lose data.
func readOnly(maps io.Reader, file string) ([]mapping, error) {
	var found []mapping
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var m mapping
		var mode string
		if !strings.HasSuffix(lines.Text(), " "+file) {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &m.from, &m.to, &mode); err != nil {
			return nil, fmt.Errorf("mapping %q: %w", lines.Text(), err)
		}
		if !strings.Contains(mode, "w") {
			found = append(found, m)
		}
	}
	return found, lines.Err()
}
