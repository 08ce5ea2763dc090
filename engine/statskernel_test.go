package engine

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"edged/test/lab"
)

// files writes files below a folder that stands for the root, and returns it.
func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, isLink := strings.CutPrefix(text, "-> "); isLink {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	devText = "Inter-|   Receive  |  Transmit\n face |bytes    packets\n" +
		"    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n  eth0: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n  eth1:1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n"
	cid = "c0ffee"
)

func running(pid int) *inspected {
	in := &inspected{ID: cid, Name: "/web"}
	in.State.Pid = pid
	return in
}

func TestKernelCounts(t *testing.T) {
	processes := map[string]string{
		"proc/self/ns/net": "-> net:[1]", "proc/7/ns/net": "-> net:[2]", "proc/7/net/dev": devText,
	}
	tests := map[string]map[string]string{
		"cgroup v1": {
			"proc/7/cgroup": "9:name=systemd:/docker/c0ffee\n8:pids:/docker/c0ffee\n6:blkio:/docker/c0ffee\n4:memory:/docker/c0ffee\n" +
				"2:cpu,cpuacct:/docker/c0ffee\n0::/docker/c0ffee\n",
			"sys/fs/cgroup/cpuacct/docker/c0ffee/cpuacct.usage":                           "5000\n",
			"sys/fs/cgroup/memory/docker/c0ffee/memory.usage_in_bytes":                    "3000\n",
			"sys/fs/cgroup/memory/docker/c0ffee/memory.limit_in_bytes":                    "10000\n",
			"sys/fs/cgroup/memory/docker/c0ffee/memory.stat":                              "inactive_file 1\ntotal_inactive_file 1000\n",
			"sys/fs/cgroup/pids/docker/c0ffee/pids.current":                               "3\n",
			"sys/fs/cgroup/blkio/docker/c0ffee/blkio.throttle.io_service_bytes_recursive": "8:0 Read 5\n8:0 Write 7\n8:0 Total 12\n8:16 Read 6\nTotal 18\n",
		},
		"cgroup v2, systemd in the container": {
			"proc/7/cgroup": "0::/system.slice/docker-c0ffee.scope/init.scope\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/cpu.stat":       "usage_usec 5\nuser_usec 3\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/memory.current": "3000\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/memory.max":     "10000\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/memory.stat":    "anon 1\ninactive_file 1000\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/pids.current":   "3\n",
			"sys/fs/cgroup/system.slice/docker-c0ffee.scope/io.stat":        "8:0 rbytes=5 wbytes=7 rios=9\n8:16 rbytes=6 wbytes=0\n",
		},
	}
	want := StatsEntry{
		Name: "web", ID: cid, Memory: 2000, MemoryLimit: 10000, MemoryPercentage: 20, PidsCurrent: 3,
		NetworkRx: 11, NetworkTx: 22, BlockRead: 11, BlockWrite: 7,
	}
	for name, texts := range tests {
		t.Run(name, func(t *testing.T) {
			for path, text := range processes {
				texts[path] = text
			}
			root := files(t, texts)
			p := findPlace(root, running(7))
			var v container.StatsResponse
			if !p.read(&v) || statsEntry(&v) != want || v.CPUStats.CPUUsage.TotalUsage != 5000 || v.Read.IsZero() {
				t.Errorf("got %+v, CPU %d, want %+v", statsEntry(&v), v.CPUStats.CPUUsage.TotalUsage, want)
			}
			if err := os.WriteFile(filepath.Join(root, "proc/7/cgroup"), []byte("0::/user.slice\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if p.read(&v) {
				t.Error("it reads for a container whose process has gone")
			}
		})
	}
}

// What the kernel does not count by controllers that it lacks is zero, what has no limit has the machine's, and the
// machine's network is not a container's.
func TestKernelCountsLess(t *testing.T) {
	root := files(t, map[string]string{
		"proc/7/cgroup": "0::/libpod_parent/libpod-c0ffee/container\n", "proc/7/net/dev": devText,
		"proc/self/ns/net": "-> net:[1]", "proc/7/ns/net": "-> net:[1]",
		"sys/fs/cgroup/libpod_parent/libpod-c0ffee/cpu.stat":   "usage_usec 5\n",
		"sys/fs/cgroup/libpod_parent/libpod-c0ffee/memory.max": "max\n",
	})
	p := findPlace(root, running(7))
	var v container.StatsResponse
	if got := statsEntry(&v); !p.read(&v) || v.MemoryStats.Limit != TotalMemory() || len(v.Networks) > 0 || got.Memory != 0 || got.PidsCurrent != 0 {
		t.Errorf("got %+v of %+v", got, v)
	}
}

func TestKernelCountsElsewhere(t *testing.T) {
	for name, text := range map[string]string{
		"another machine's process":  "0::/user.slice\n",
		"another container's":        "0::/docker/beef\n",
		"seen from within a sandbox": "0::/../c0ffee\n",
		"empty":                      "",
		"nonsense":                   "c0ffee\n:::\n1:c0ffee:\n",
	} {
		root := files(t, map[string]string{"proc/7/cgroup": text})
		p := findPlace(root, running(7))
		var v container.StatsResponse
		if p.read(&v) {
			t.Errorf("%s: read %+v", name, v)
		}
	}
	p := findPlace(files(t, nil), running(0))
	if p.read(new(container.StatsResponse)) {
		t.Error("a container that does not run has counters")
	}
}

// The kernel and the engine count the same.
func TestKernelCountsAsEngine(t *testing.T) {
	env := lab.Shared(t)
	if env.Rootless {
		t.Skip("cgroups of version 1 are root's")
	}
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		id := startMeasured(t, c, CreateSpec{Name: lab.Name(t, "counted"), Image: env.Image("idle:1")})
		var here, there container.StatsResponse
		if !c.fromKernel(t.Context(), id, &here) {
			t.Fatal("the kernel can't be asked")
		}
		if _, err := c.fromEngine(t.Context(), id, &there); err != nil {
			t.Fatal(err)
		}
		a, b := statsEntry(&here), statsEntry(&there)
		if a.Name != b.Name || a.ID != b.ID || a.MemoryLimit != b.MemoryLimit || a.PidsCurrent == 0 || b.PidsCurrent == 0 {
			t.Errorf("kernel %+v, engine %+v", a, b)
		}
		// Podman 4 counts at its own end of the container's cable, so that what one has sent the other has received.
		sum, of := a.NetworkRx+a.NetworkTx, b.NetworkRx+b.NetworkTx
		if a.Memory <= 0 || math.Abs(a.Memory-b.Memory) > 1<<20 || sum > of || of-sum > 1<<14 {
			t.Errorf("kernel %+v, engine %+v", a, b)
		}
		if cpu, of := here.CPUStats.CPUUsage.TotalUsage, there.CPUStats.CPUUsage.TotalUsage; cpu > of || of > 2*cpu+50e6 {
			t.Errorf("CPU by kernel %d ns, by engine %d ns", cpu, of)
		}
	})
}
