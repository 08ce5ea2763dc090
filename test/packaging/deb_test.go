package packaging

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// device is a root file system with dpkg's data and a shell, and with stand-ins for the init system that note their calls.
type device struct {
	t    *testing.T
	root string
}

func newDevice(t *testing.T) device {
	t.Helper()
	needs(t, "dpkg")
	needs(t, "busybox")
	if os.Getuid() != 0 {
		t.Skip("needs root: package scripts run in another root")
	}
	d := device{t, t.TempDir()}
	for _, dir := range []string{"bin", "dev", "etc", "var/lib/dpkg/updates", "var/lib/dpkg/info", "tmp", "run"} {
		if err := os.MkdirAll(d.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	d.write("bin/busybox", string(text), 0o755)
	for _, applet := range []string{"sh", "grep", "rm", "sed"} {
		if err := os.Symlink("busybox", d.path("bin/"+applet)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range []string{"invoke-rc.d", "update-rc.d"} {
		d.write("bin/"+tool, "#!/bin/sh\necho "+tool+" \"$@\" >>/tmp/calls\n", 0o755)
	}
	d.write("bin/groupadd", "#!/bin/sh\necho \"$2:x:999:\" >>/etc/group\n", 0o755)
	d.write("bin/groupdel", "#!/bin/sh\nsed -i \"/^$1:/d\" /etc/group\n", 0o755)
	if err := syscall.Mknod(d.path("dev/null"), syscall.S_IFCHR|0o666, 1<<8|3); err != nil {
		t.Fatal(err)
	}
	d.write("etc/group", "root:x:0:\n", 0o644)
	d.write("etc/passwd", "root:x:0:0:root:/:/bin/sh\n", 0o644)
	d.write("var/lib/dpkg/status", "", 0o644)
	d.write("tmp/calls", "", 0o644)
	return d
}

func (d device) path(name string) string { return filepath.Join(d.root, name) }

func (d device) write(name, text string, mode fs.FileMode) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), mode); err != nil {
		d.t.Fatal(err)
	}
}

func (d device) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Error(err)
	}
	return string(text)
}

// dpkg runs it on the device and returns what the init system was asked for.
func (d device) dpkg(args ...string) (calls string) {
	d.t.Helper()
	d.write("tmp/calls", "", 0o644)
	cmd := exec.Command("dpkg", append([]string{"--root=" + d.root, "--force-confdef", "--force-confold", "--force-architecture"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH=/bin:/usr/bin:/sbin:/usr/sbin", "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("dpkg %v: %v\n%s", args, err, out)
	}
	return strings.ReplaceAll(d.read("tmp/calls"), "\n", "; ")
}

// files are all but dpkg's own and what this test writes.
func (d device) files() []string {
	d.t.Helper()
	var all []string
	err := filepath.WalkDir(d.root, func(path string, _ fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, d.root)
		if strings.HasPrefix(name, "/var/lib/dpkg/") || name == "/tmp/calls" {
			return err
		}
		all = append(all, name)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// deb makes a package whose program prints its version.
func deb(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, fmt.Appendf(nil, "#!/bin/sh\necho %s\n", version), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(root, "packaging/deb.sh"), "armv7", version, dir, program).Output()
	if err != nil {
		t.Fatalf("deb.sh: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestDebianPackage(t *testing.T) {
	needs(t, "dpkg-deb")
	d := newDevice(t)
	before := d.files()

	if calls := d.dpkg("--install", deb(t, "1.0.0")); calls != "update-rc.d edged defaults; invoke-rc.d edged restart; " {
		t.Errorf("installing asked for %q", calls)
	}
	if got := d.read("usr/bin/edged"); !strings.Contains(got, "1.0.0") {
		t.Errorf("the program is %q", got)
	}
	if !strings.Contains(d.read("etc/group"), "\nedged:") {
		t.Error("there is no group edged")
	}
	for _, name := range []string{"lib/systemd/system/edged.service", "etc/init.d/edged", "etc/edged/edged.yaml", "usr/share/doc/edged/copyright"} {
		d.read(name)
	}

	d.write("etc/edged/edged.yaml", "state_dir: /data/edged\n", 0o644)
	if calls := d.dpkg("--install", deb(t, "1.1.0-2-gabcdef")); calls != "update-rc.d edged defaults; invoke-rc.d edged restart; " {
		t.Errorf("upgrading asked for %q", calls)
	}
	if got := d.read("usr/bin/edged") + d.read("etc/edged/edged.yaml"); !strings.Contains(got, "1.1.0") || !strings.Contains(got, "/data/edged") {
		t.Errorf("after the upgrade there is %q", got)
	}

	if calls := d.dpkg("--remove", "edged"); calls != "invoke-rc.d edged stop; " {
		t.Errorf("removing asked for %q", calls)
	}
	if _, err := os.Stat(d.path("usr/bin/edged")); err == nil {
		t.Error("the program is still there")
	}
	if got := d.read("etc/edged/edged.yaml"); got != "state_dir: /data/edged\n" {
		t.Errorf("removal left the settings as %q", got)
	}

	if err := os.MkdirAll(d.path("var/lib/edged"), 0o755); err != nil {
		t.Fatal(err)
	}
	d.write("var/lib/edged/attempts.json", "{}", 0o600)
	if calls := d.dpkg("--purge", "edged"); calls != "update-rc.d edged remove; " {
		t.Errorf("purging asked for %q", calls)
	}
	left := slices.DeleteFunc(d.files(), func(name string) bool {
		info, err := os.Stat(d.path(name))
		return slices.Contains(before, name) || err == nil && info.IsDir() && strings.HasPrefix(name, "/lib") // dpkg keeps what may be shared
	})
	if len(left) > 0 {
		t.Errorf("after the purge there are still %v", left)
	}
}

func TestDebianPackageIsReproducible(t *testing.T) {
	needs(t, "dpkg-deb")
	var built [2][]byte
	for i := range built {
		var err error
		if built[i], err = os.ReadFile(deb(t, "1.0.0")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("two builds differ")
	}
}
