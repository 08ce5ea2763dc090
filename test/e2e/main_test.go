// Package e2e proves edged's main job from the outside: the built binary, as a process of its own, on real engines, with
// a real broker and a real registry. Each test has a daemon of its own, that minds only the test's containers.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"edged/test/lab"
)

func TestMain(m *testing.M) {
	lab.SideBySide(6)
	os.Exit(run(m))
}

// run builds first: one message is better than one for each test.
func run(m *testing.M) (code int) {
	defer os.RemoveAll(buildFolder())
	if _, ok := lab.FromEnvironment(); ok {
		if _, err := build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
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
	return filepath.Join(os.TempDir(), "edged-e2e-"+strconv.Itoa(os.Getpid()))
}

// everywhere runs a test on each engine, side by side.
func everywhere(t *testing.T, test func(e *edged)) {
	t.Helper()
	t.Parallel()
	lab.Shared(t).EachEngine(t, func(t *testing.T, engine lab.Engine) {
		t.Parallel()
		test(newEdged(t, engine))
	})
}

// onDocker prepares a daemon for a test to which the engine does not matter.
func onDocker(t *testing.T) *edged {
	t.Helper()
	t.Parallel()
	return newEdged(t, lab.Shared(t).Engines()[0])
}
