package powercut

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/core/report"
)

// After a power cut at any moment each of edged's files is whole, and has what edged said that it has kept. Where edged is
// built so that it does not wait for a folder, that is not so, and is noticed.
func TestState(t *testing.T) {
	onlyInFull(t)
	needs(t)
	recorded := record(t, newDevice(t), 40*time.Second)
	chance, seed := seeded(t)
	t.Run("state", func(t *testing.T) {
		const cuts = 300
		for _, wrong := range states(t, recorded, moments(chance, recorded.from, recorded.to, cuts), seed) {
			t.Error(wrong)
		}
	})
	t.Run("engine", func(t *testing.T) { engines(t, recorded, moments(chance, recorded.from, recorded.to, 60), seed) })
	t.Run("without the fsync of the folder", func(t *testing.T) {
		const cuts = 100
		recorded := record(t, newDevice(t, without(t, "core/state/file.go", "dir.Sync(), ")...), 15*time.Second)
		bad := states(t, recorded, moments(chance, recorded.from, recorded.to, cuts), seed)
		if len(bad) == 0 {
			t.Fatal("nobody has noticed")
		}
		t.Logf("%d findings in %d cuts: %s", len(bad), cuts, bad[0])
	})
}

// states looks at edged's files after a power cut at each moment, and returns what is wrong.
func states(t *testing.T, recorded *recording, cuts []int64, seed uint64) (bad []string) {
	t.Helper()
	r, err := newReplay(recorded.disk)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	image, torn, checked := recorded.disk.path("crash"), 0, 0
	for _, moment := range cuts {
		if err := r.cut(moment, rand.New(rand.NewPCG(seed, uint64(moment))), image, 1); err != nil {
			t.Fatal(err)
		}
		done, err := r.mounted(t.Context(), image, 1)
		if err != nil {
			t.Fatal(err)
		}
		cutOff, err := whole(recorded.state())
		for _, f := range recorded.facts {
			if f.from <= moment && (f.to == 0 || moment < f.to) {
				checked++
				if wrong := f.check(recorded.state()); wrong != nil {
					err = errors.Join(err, fmt.Errorf("%s: %w", f.what, wrong))
				}
			}
		}
		if cutOff {
			torn++
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("seed %d, after %d writes: %v", seed, moment, err))
		}
		if err := done(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d: %d cuts between %d and %d writes, %d facts looked at, outbox cut off in %d, wrong in %d",
		seed, len(cuts), recorded.from, recorded.to, checked, torn, len(bad))
	return bad
}

// whole reads every file in edged's state as edged does. No document may be in part: edged would set it aside, but it is
// to have no need to. A last line of the outbox may be.
func whole(state string) (cutOff bool, err error) {
	var errs []error
	walked := filepath.WalkDir(state, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(path, ".json"):
			text, err := os.ReadFile(path)
			if err == nil && !json.Valid(text) {
				err = fmt.Errorf("%s is %q", entry.Name(), text[:min(len(text), 80)])
			}
			errs = append(errs, err)
		case strings.HasSuffix(path, ".broken"):
			errs = append(errs, fmt.Errorf("there is %s", entry.Name()))
		}
		return nil
	})
	copied, err := copyOf(state, "outbox.log", "commands.json") // an outbox keeps its file open
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(copied)
	var log bytes.Buffer
	report.NewOutbox(report.Limits{}).Keep(copied, slog.New(slog.NewTextHandler(&log, nil)))
	if strings.Contains(log.String(), "level=ERROR") {
		errs = append(errs, errors.New(log.String()))
	}
	return strings.Contains(log.String(), "cut off"), errors.Join(append(errs, walked)...)
}

// copyOf copies the files that are there to a folder of their own.
func copyOf(dir string, names ...string) (copied string, err error) {
	if copied, err = os.MkdirTemp("", "edged-cut-"); err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), text, 0o600)
		}
		if err != nil {
			return copied, err
		}
	}
	return copied, nil
}
