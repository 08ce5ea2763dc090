package powercut

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// acknowledged is a version of a document that was on the disk for good at a moment.
type acknowledged struct {
	name    string
	version int
	moment  int64
}

// What core/state says it has written is there after a power cut at any moment, and what is there is whole. Without
// either of its two fsyncs that is not so, and is noticed.
func TestDocuments(t *testing.T) {
	needs(t)
	const cuts = 40
	if bad := documents(t, cuts); len(bad) > 0 {
		t.Error(strings.Join(bad, "\n"))
	}
	for name, piece := range map[string]string{"of the file": "file.Sync(), ", "of the folder": "dir.Sync(), "} {
		t.Run("without the fsync "+name, func(t *testing.T) {
			bad := documents(t, cuts, without(t, "core/state/file.go", piece)...)
			if len(bad) == 0 {
				t.Error("nobody has noticed")
			} else {
				t.Logf("%d findings in %d cuts: %s", len(bad), cuts, bad[0])
			}
		})
	}
}

// documents records a writer, built with flags, and returns what is wrong after power cuts.
func documents(t *testing.T, cuts int, flags ...string) (bad []string) {
	t.Helper()
	dir := folder(t)
	program := filepath.Join(dir, "writer")
	build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", program, "./writer")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the writer: %v\n%s", err, out)
	}
	state := &part{mib: 32, at: filepath.Join(dir, "state")}
	disk, err := newDisk(t.Context(), dir, state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.close(); err != nil {
			t.Error(err)
		}
	})
	known, err := recordWriter(t.Context(), disk, program, 80)
	if err != nil {
		t.Fatal(err)
	}
	end, err := disk.position()
	if err != nil {
		t.Fatal(err)
	}
	if err := disk.close(); err != nil {
		t.Fatal(err)
	}
	chance, seed := seeded(t)
	t.Logf("seed %d: %d writes, %d versions", seed, end, len(known))
	bad, err = checkDocuments(t.Context(), disk, known, moments(chance, 1, end, cuts), seed)
	if err != nil {
		t.Fatal(err)
	}
	return bad
}

// recordWriter lets the writer write so many versions.
func recordWriter(ctx context.Context, disk *disk, program string, count int) (known []acknowledged, err error) {
	cmd := exec.Command(program, filepath.Join(disk.parts[0].at, "documents"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}()
	for lines := bufio.NewScanner(out); len(known) < count && lines.Scan() && ctx.Err() == nil; {
		var a acknowledged
		if _, err := fmt.Sscan(lines.Text(), &a.name, &a.version); err != nil {
			return nil, err
		}
		if a.moment, err = disk.position(); err != nil {
			return nil, err
		}
		known = append(known, a)
	}
	if len(known) < count {
		return nil, errors.New("the writer has ended")
	}
	return known, nil
}

// checkDocuments looks at the documents after a power cut at each moment.
func checkDocuments(ctx context.Context, disk *disk, known []acknowledged, cuts []int64, seed uint64) (bad []string, err error) {
	r, err := newReplay(disk)
	if err != nil {
		return nil, err
	}
	defer r.close()
	image := disk.path("crash")
	for _, moment := range cuts {
		if err := r.cut(moment, rand.New(rand.NewPCG(seed, uint64(moment))), image, 1); err != nil {
			return nil, err
		}
		done, err := r.mounted(ctx, image, 1)
		if err != nil {
			return nil, err
		}
		least := map[string]int{"one": 0, "two": 0}
		for _, a := range known {
			if a.moment <= moment {
				least[a.name] = a.version
			}
		}
		for name, version := range least {
			if wrong := checkDocument(filepath.Join(disk.parts[0].at, "documents", name+".json"), version); wrong != "" {
				bad = append(bad, fmt.Sprintf("seed %d, after %d writes: %s: %s", seed, moment, name, wrong))
			}
		}
		if err := done(); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

func checkDocument(path string, least int) (wrong string) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && least == 0 {
		return ""
	}
	var found struct {
		Version int
		Text    string
	}
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	switch {
	case err != nil:
		return err.Error()
	case found.Version < least:
		return fmt.Sprintf("version %d, but %d was there for good", found.Version, least)
	case found.Text != strings.Repeat("edged ", found.Version*37%2000):
		return fmt.Sprintf("version %d does not have its text", found.Version)
	}
	return ""
}
