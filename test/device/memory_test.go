package device

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
	"edged/test/stand"
)

// In a control group of 64 MiB edged lives through a storm of events, with the broker there and away, and tells the
// newest state of each container afterwards.
func TestLittleMemory(t *testing.T) {
	env := lab.Shared(t)
	engine, err := stand.New(filepath.Join(t.TempDir(), "engine.sock"), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	name := lab.Name(t, "device")
	edged := newEdged(t, engine.Host, env.MQTTURL, name)
	group := newGroup(t, 64<<20)
	edged.Prefix = []string{"sh", "-c", `echo $$ >"$1/cgroup.procs" && shift && exec "$@"`, "sh", group.path}
	ear := lab.Subscribe(t, env.MQTTURL, name+"/#")
	start(t, edged)
	pid := edged.PID()
	for range 2 {
		engine.Storm(t.Context(), 1000, 10*time.Second)
	}
	for i, runs := range engine.Running() {
		topic, want := name+"/device/main/service/"+stand.Name(i)+"/status/health", `"down"`
		if runs {
			want = `"up"`
		}
		eventually(t, stand.Name(i)+" to be "+want, func() bool {
			m, ok := ear.Last(topic)
			return ok && strings.Contains(m.Payload, want)
		})
	}
	if err := syscall.Kill(pid, 0); err != nil || group.killed(t) > 0 {
		t.Errorf("edged was killed for its memory: %v, %d times", err, group.killed(t))
	}
	t.Logf("at most %d KiB of 64 MiB were used", group.most(t)>>10)
}

// group is a control group for memory, of either version.
type group struct {
	path string
	v2   bool
}

func newGroup(t *testing.T, bytes int) group {
	t.Helper()
	g := group{path: "/sys/fs/cgroup/memory/edged-device-" + strconv.Itoa(os.Getpid())}
	limit := "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
		g = group{path: "/sys/fs/cgroup/edged-device-" + strconv.Itoa(os.Getpid()), v2: true}
		limit = "memory.max"
		if err := os.WriteFile("/sys/fs/cgroup/cgroup.subtree_control", []byte("+memory"), 0); err != nil {
			t.Fatal(err)
		}
	}
	err := os.Mkdir(g.path, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(g.path, limit), []byte(strconv.Itoa(bytes)), 0)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Rmdir(g.path) })
	return g
}

// most is the most memory that the group had.
func (g group) most(t *testing.T) (bytes int) {
	t.Helper()
	file := "memory.max_usage_in_bytes"
	if g.v2 {
		file = "memory.peak" // since Linux 5.19
	}
	text, err := os.ReadFile(filepath.Join(g.path, file))
	if err == nil {
		_, err = fmt.Sscan(string(text), &bytes)
	}
	if err != nil {
		t.Error(err)
	}
	return bytes
}

// killed is how many processes of the group were killed for memory.
func (g group) killed(t *testing.T) (count int) {
	t.Helper()
	file := "memory.oom_control"
	if g.v2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.path, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if n, _ := fmt.Sscanf(line, "oom_kill %d", &count); n == 1 {
			return count
		}
	}
	t.Fatalf("no oom_kill in %s", text)
	return 0
}
