package engine

import (
	"bytes"
	"context"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
)

// place is where the kernel counts what a container uses. Without folders, it counts nowhere that we can look.
// See https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/.
type place struct {
	id, name string
	process  string // folder of its main process in /proc
	group    string // what the process's file cgroup said when the place was found
	unified  bool   // cgroup v2
	// folders has those of cpuacct, memory, blkio and pids; they are one with cgroup v2.
	folders [4]string
	ownNet  bool // it has a network of its own, not the machine's
}

const (
	ofCPU = iota
	ofMemory
	ofBlocks
	ofProcesses
)

// controllers are the names of cgroup v1, by the constants above.
var controllers = [...]string{"cpuacct", "memory", "blkio", "pids"}

// fromKernel reads the counters of a running container without the engine, which must only be asked, once for each run of
// the container, where they are: it takes hundreds of times as long for the same numbers, and Docker 20.10 up to a second.
// It is false if the kernel can't be asked; why not, the engine knows better.
func (c *ContainerClient) fromKernel(ctx context.Context, nameOrID string, v *container.StatsResponse) bool {
	p, found := c.stats.place(nameOrID)
	if found && (p.folders[ofCPU] == "" || p.read(v)) {
		return p.folders[ofCPU] != ""
	}
	in, err := c.inspect(ctx, nameOrID)
	if err != nil {
		return false
	}
	p = findPlace("/", in)
	ok := p.read(v)
	if !ok {
		p = place{}
	}
	c.stats.remember(nameOrID, p)
	return ok
}

// findPlace looks for the control groups of a running container by its main process. The process is the container's only if
// its control group has the container's ID; it isn't where the engine runs on another machine or we in a container.
func findPlace(root string, in *inspected) place {
	p := place{id: in.ID, name: in.Name, process: path.Join(root, "proc", strconv.Itoa(in.State.Pid))}
	p.group = contents(p.process, "cgroup")
	if in.State.Pid == 0 || in.ID == "" || !strings.Contains(p.group, in.ID) {
		return p
	}
	for line := range strings.Lines(p.group) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		names, group, _ := strings.Cut(rest, ":")
		before, after, found := strings.Cut(group, in.ID)
		if !found {
			continue
		}
		// A container's own init system makes further groups below.
		suffix, _, _ := strings.Cut(after, "/")
		group = before + in.ID + suffix
		for i, controller := range controllers {
			for name := range strings.SplitSeq(names, ",") {
				if name == controller {
					p.folders[i] = path.Join(root, "sys/fs/cgroup", name, group)
				}
			}
		}
		if names == "" && p.folders[ofCPU] == "" {
			p.unified = true
			for i := range p.folders {
				p.folders[i] = path.Join(root, "sys/fs/cgroup", group)
			}
		}
	}
	mine, err := os.Readlink(path.Join(root, "proc/self/ns/net"))
	its, err2 := os.Readlink(path.Join(p.process, "ns/net"))
	p.ownNet = err == nil && err2 == nil && mine != its
	return p
}

// read counts as the engine does, and is false where there is nothing to count, or nothing any more.
func (p *place) read(v *container.StatsResponse) bool {
	if p.folders[ofCPU] == "" || contents(p.process, "cgroup") != p.group {
		return false
	}
	*v = container.StatsResponse{ID: p.id, Name: p.name}
	v.Read = time.Now()
	memory, cached := &v.MemoryStats, "inactive_file"
	var limit, readBytes, writtenBytes uint64
	if p.unified {
		v.CPUStats.CPUUsage.TotalUsage = field(contents(p.folders[ofCPU], "cpu.stat"), "usage_usec") * 1000
		memory.Usage = number(contents(p.folders[ofMemory], "memory.current"))
		limit = number(contents(p.folders[ofMemory], "memory.max"))
		for line := range strings.Lines(contents(p.folders[ofBlocks], "io.stat")) {
			for word := range strings.FieldsSeq(line) {
				name, value, _ := strings.Cut(word, "=")
				switch name {
				case "rbytes":
					readBytes += number(value)
				case "wbytes":
					writtenBytes += number(value)
				}
			}
		}
	} else {
		cached = "total_inactive_file"
		v.CPUStats.CPUUsage.TotalUsage = number(contents(p.folders[ofCPU], "cpuacct.usage"))
		memory.Usage = number(contents(p.folders[ofMemory], "memory.usage_in_bytes"))
		limit = number(contents(p.folders[ofMemory], "memory.limit_in_bytes"))
		blocks := contents(p.folders[ofBlocks], "blkio.throttle.io_service_bytes_recursive")
		readBytes, writtenBytes = field(blocks, "Read"), field(blocks, "Write")
	}
	memory.Stats = map[string]uint64{cached: field(contents(p.folders[ofMemory], "memory.stat"), cached)}
	memory.Limit = TotalMemory()
	if limit > 0 && limit < memory.Limit {
		memory.Limit = limit
	}
	v.BlkioStats.IoServiceBytesRecursive = []container.BlkioStatEntry{{Op: "read", Value: readBytes}, {Op: "write", Value: writtenBytes}}
	v.PidsStats.Current = number(contents(p.folders[ofProcesses], "pids.current"))
	if p.ownNet {
		v.Networks = map[string]container.NetworkStats{"": p.traffic()}
	}
	return v.CPUStats.CPUUsage.TotalUsage > 0
}

// traffic adds up the container's network interfaces, but not its loopback. See proc_pid_net(5).
func (p *place) traffic() (n container.NetworkStats) {
	for line := range strings.Lines(contents(p.process, "net/dev")) {
		name, counts, found := strings.Cut(strings.TrimSpace(line), ":")
		if fields := strings.Fields(counts); found && name != "lo" && len(fields) > 8 {
			n.RxBytes += number(fields[0])
			n.TxBytes += number(fields[8])
		}
	}
	return n
}

// field is the number at the end of the lines that have the word, added up: "name 1" or, one for each device, "8:0 Name 1".
func field(text, word string) (sum uint64) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if n := len(fields); n > 1 && fields[n-2] == word {
			sum += number(fields[n-1])
		}
	}
	return sum
}

// number is 0 for what is none, such as the limit "max".
func number(text string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return n
}

// contents is empty for a file that can't be read: a kernel without that controller, or a container that has gone.
func contents(folder, name string) string {
	text, _ := os.ReadFile(folder + "/" + name)
	return string(bytes.TrimSuffix(text, []byte("\n")))
}

// TotalMemory is the memory of this machine in bytes, which is the limit of what has none; 0 if the kernel does not say.
func TotalMemory() uint64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit) //nolint:unconvert // on 32-bit machines it is shorter
}
