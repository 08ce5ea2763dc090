// Package faults breaks updates on purpose, on real engines of its own: edged or the engine is killed around every single
// request of an update, disks are full, registries misbehave, requests are called off. Afterwards there must be exactly
// one container of the name, the old or the new, running if it ran before, nothing left over, and a record that says which.
//
// `make test` runs the kills of edged for one container on Docker, `make test-faults` everything.
package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"edged/test/lab"
)

// patience bounds every wait. It is long, because the machine may be busy; what takes that long has failed.
const patience = time.Minute

// TestMain lets more lanes run side by side than the machine has processors when all is run: they wait for engines most
// of the time. In `make test` other packages' tests run at the same time.
func TestMain(m *testing.M) {
	if os.Getenv("EDGED_FAULTS") == "all" {
		lab.SideBySide(6)
	}
	code := m.Run()
	_ = os.RemoveAll(buildFolder())
	os.Exit(code)
}

// build makes the binary once, as a release has it.
var build = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(buildFolder(), "edged")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "edged/cmd/edged")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build edged: %w\n%s", err, out)
	}
	return binary, nil
})

func buildFolder() string {
	return filepath.Join(os.TempDir(), "edged-faults-"+strconv.Itoa(os.Getpid()))
}

// onlyInFull skips what takes long unless EDGED_FAULTS=all asks for it.
func onlyInFull(t *testing.T) {
	t.Helper()
	if os.Getenv("EDGED_FAULTS") != "all" {
		t.Skip("only with EDGED_FAULTS=all, as in `make test-faults`")
	}
}
