// Package qemu runs edged on the processors that it is made for, which QEMU emulates.
//
// In user mode single programs run on this machine's kernel; `make test` does so for the oldest and the newest processor,
// `make test-qemu` for all. In system mode whole devices run, with an engine and a broker of their own.
package qemu

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wanted is how much of all this is run: "all" is everything, "stay" is a device that is left up for a person.
func wanted() string { return os.Getenv("EDGED_QEMU") }

// onlyInFull skips what takes long unless it is asked for.
func onlyInFull(t *testing.T) {
	t.Helper()
	if wanted() == "" {
		t.Skip("only with EDGED_QEMU=all, as in `make test-qemu`")
	}
}

// needs skips a test whose tools are missing, which in continuous integration is a failure.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", tool)
		}
		t.Skipf("%s is missing", tool)
	}
}

// binary builds edged as it is shipped, and returns its path.
func binary(t *testing.T, arch string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	made := "dist/edged-linux-" + arch
	cmd := exec.Command("make", "--no-print-directory", "-C", root, made)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build edged for %s: %v\n%s", arch, err, out)
	}
	return filepath.Join(root, made)
}

// withoutLab is the environment without the lab's variables, which look like edged's own.
func withoutLab() []string {
	var environ []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "EDGED_") {
			environ = append(environ, v)
		}
	}
	return environ
}
