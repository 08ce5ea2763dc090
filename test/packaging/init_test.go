package packaging

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shells are the scripts that devices run, and the shell's name for those without a line that names it.
var shells = map[string]string{
	"init/sysv/edged":                    "sh",
	"init/openrc/edged":                  "sh",
	"init/openrc/edged.confd":            "sh",
	"init/s6/edged/run":                  "sh",
	"init/s6/edged/finish":               "sh",
	"init/s6/edged/data/check":           "sh",
	"init/s6/edged/log/run":              "sh",
	"init/busybox/S90edged":              "sh",
	"packaging/deb/postinst":             "sh",
	"packaging/deb/prerm":                "sh",
	"packaging/deb/postrm":               "sh",
	"buildroot/board/qemu/post-build.sh": "sh",
}

func TestScripts(t *testing.T) {
	for name, shell := range shells {
		for _, check := range [][]string{
			{"busybox", "sh", "-n", name},
			// openrc-run and its configuration set variables for others to read.
			{"shellcheck", "--shell", shell, "--exclude", "SC2034", name},
		} {
			needs(t, check[0])
			cmd := exec.Command(check[0], check[1:]...)
			cmd.Dir = root
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", strings.Join(check, " "), err, out)
			}
		}
	}
}

// Buildroot's files are copies, because a package takes its start scripts from its own folder.
func TestCopies(t *testing.T) {
	for copied, from := range map[string]string{
		"buildroot/package/edged/S90edged":      "init/busybox/S90edged",
		"buildroot/package/edged/edged.service": "init/systemd/edged.service",
		"yocto/meta-tedge-container/COPYING":    "LICENSE",
	} {
		if !bytes.Equal(content(t, copied), content(t, from)) {
			t.Errorf("%s is not like %s", copied, from)
		}
	}
}

// The unit is checked as it is installed, with a program at its place.
func TestUnit(t *testing.T) {
	needs(t, "systemd-analyze")
	dir := t.TempDir()
	binary := filepath.Join(dir, "edged")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	unit := strings.ReplaceAll(string(content(t, "init/systemd/edged.service")), "/usr/bin/edged", binary)
	file := filepath.Join(dir, "edged.service")
	if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "edged") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// How much the unit exposes, from 0 to 10 in systemd's own measure.
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=30", file).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}

func content(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// needs skips a test whose tool is missing, which in continuous integration is a failure.
func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", tool)
	}
	t.Skipf("%s is missing", tool)
}
