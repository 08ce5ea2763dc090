package qemu

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// processor is one that edged is built for: the oldest that its binary must run on. QEMU's own default would take every
// instruction.
type processor struct {
	arch string   // as in dist/edged-linux-ARCH
	go_  []string // environment of the Go tool
	qemu []string // the emulator
}

var processors = []processor{
	{"arm64", []string{"GOARCH=arm64"}, []string{"qemu-aarch64-static", "-cpu", "cortex-a53"}},
	{"armv5", []string{"GOARCH=arm", "GOARM=5"}, []string{"qemu-arm-static", "-cpu", "arm926"}},
	{"armv6", []string{"GOARCH=arm", "GOARM=6"}, []string{"qemu-arm-static", "-cpu", "arm1176"}},
	{"armv7", []string{"GOARCH=arm", "GOARM=7"}, []string{"qemu-arm-static", "-cpu", "cortex-a7"}},
}

// quick are those that every `make test` covers.
var quick = map[string]bool{"arm64": true, "armv5": true}

// each runs a test on each processor.
func each(t *testing.T, test func(t *testing.T, p processor)) {
	t.Helper()
	for _, p := range processors {
		t.Run(p.arch, func(t *testing.T) {
			if !quick[p.arch] {
				onlyInFull(t)
			}
			needs(t, p.qemu[0])
			test(t, p)
		})
	}
}

func (p processor) command(program string, args ...string) *exec.Cmd {
	argv := append(append([]string{}, p.qemu...), program)
	cmd := exec.Command(argv[0], append(argv[1:], args...)...)
	cmd.Env = withoutLab()
	return cmd
}

// The tests of the packages that reckon with words of the machine, files, sockets and time. What a script takes is not
// measured: the emulator has its own time and memory, and can't start a process for a hostile one; it may hang when it
// forks, so lua5.1 is started as seldom as can be, for a thousand random programs.
func TestUnits(t *testing.T) {
	packages := []string{"edged/core/state", "edged/core/supervise", "edged/core/logging", "edged/core/report"}
	if wanted() == "all" {
		packages = append(packages, "edged/core", "edged/core/api", "edged/core/config", "edged/core/policy", "edged/core/request",
			"edged/core/update", "edged/core/watch", "edged/hooks", "edged/hooks/lua", "edged/hooks/lua/vm")
	}
	flags, err := exec.Command("make", "-s", "-C", "../..", "flags").Output()
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, p processor) {
		args := append([]string{"test", "-count=1", "-timeout", "30m", "-skip", "^Test(Hostile|Deadline|FaultsAreFaults)", "-exec", strings.Join(p.qemu, " ")}, strings.Fields(string(flags))...)
		cmd := exec.Command("go", append(args, packages...)...)
		cmd.Env = append(append(withoutLab(), "CGO_ENABLED=0", "GOOS=linux", "CI=", "LUA_PROGRAMS=1000"), p.go_...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// The command line, without a daemon.
func TestCommandLine(t *testing.T) {
	each(t, func(t *testing.T, p processor) {
		program := binary(t, p.arch)
		dir := t.TempDir()
		bad := filepath.Join(dir, "bad.yaml")
		if err := os.WriteFile(bad, []byte("mqtt:\n  ulr: x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			code int
			says string
			args []string
		}{
			{0, "edged ", []string{"version"}},
			{0, "update.health_gate", []string{"config"}},
			{64, "unknown command", []string{"no-such-command"}},
			{69, "edged is not running", []string{"ps", "--api-socket", filepath.Join(dir, "sock")}},
			{78, "did you mean mqtt.url", []string{"run", "--config", bad}},
		} {
			cmd := p.command(program, c.args...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("edged %v: exit code %d, want %d; want %q in\n%s", c.args, code, c.code, c.says, out)
			}
		}
	})
}

// A binary for a newer processor dies on an older one: so it is known that the others were built for the right one.
func TestNewerBinaryDies(t *testing.T) {
	onlyInFull(t)
	needs(t, "qemu-arm-static")
	for arch, cpu := range map[string]string{"armv7": "arm1176", "armv6": "arm926"} {
		p := processor{qemu: []string{"qemu-arm-static", "-cpu", cpu}}
		out, err := p.command(binary(t, arch), "version").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "llegal instruction") && !strings.Contains(err.Error(), "llegal instruction") {
			t.Errorf("%s ran on %s: %v\n%s", arch, cpu, err, out)
		}
	}
}
