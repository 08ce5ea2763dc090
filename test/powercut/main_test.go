package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// onlyInFull skips what takes long unless EDGED_QEMU=all asks for it.
func onlyInFull(t *testing.T) {
	t.Helper()
	if os.Getenv("EDGED_QEMU") != "all" {
		t.Skip("only with EDGED_QEMU=all, as in `make test-qemu`")
	}
}

// needs skips a test that can't be run here, which in continuous integration is a failure.
func needs(t *testing.T) {
	t.Helper()
	why := ""
	if os.Getuid() != 0 {
		why = "it mounts file systems: needs root"
	}
	for _, tool := range []string{"qemu-storage-daemon", "mke2fs", "losetup"} {
		if _, err := exec.LookPath(tool); err != nil {
			why = tool + " is missing"
		}
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		why = err.Error()
	}
	switch {
	case why == "":
	case os.Getenv("CI") == "true":
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}

// folder is a folder of the test's own whose path is short enough for sockets.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "edged-cut-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// seeded is a source of chance for a test. EDGED_CUT_SEED chooses another than the usual one; 0 is the clock's.
func seeded(t *testing.T) (chance *rand.Rand, seed uint64) {
	t.Helper()
	seed = 7
	if text := os.Getenv("EDGED_CUT_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// moments are so many moments of a recording, in order.
func moments(chance *rand.Rand, from, to int64, count int) []int64 {
	all := make([]int64, count)
	for i := range all {
		all[i] = from + chance.Int64N(to-from)
	}
	slices.Sort(all)
	return all
}

// without are the flags for the Go tool that leave a piece of a source file out of what is built: a defect that a test
// must find.
func without(t *testing.T, file, piece string) []string {
	t.Helper()
	path, err := filepath.Abs("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), piece) != 1 {
		t.Fatalf("%s does not have %q once", file, piece)
	}
	dir := t.TempDir()
	defect, overlay := filepath.Join(dir, "defect.go"), filepath.Join(dir, "overlay.json")
	for name, text := range map[string]string{
		defect:  strings.Replace(string(text), piece, "", 1),
		overlay: fmt.Sprintf(`{"Replace":{%q:%q}}`, path, defect),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"-overlay=" + overlay}
}
