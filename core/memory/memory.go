// Package memory keeps the daemon small while it has nothing to do.
package memory

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The daemon has settled shortly after its start; a storm later on is cleared up
// after within minutes.
const (
	first = 2 * time.Second
	again = 5 * time.Minute
)

// Keep gives memory back to the kernel, after the start and from time to time,
// until ctx ends: free heap, and the pages of the program's own file, of which
// the kernel maps a neighbourhood at each first use. Code that is used again is
// mapped again from the page cache.
func Keep(ctx context.Context, log *slog.Logger) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		debug.FreeOSMemory()
		if err := forgetProgram(); err != nil {
			log.Debug("give back the program's pages", "error", err)
			return
		}
		timer.Reset(again)
	}
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
