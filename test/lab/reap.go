package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const reapTimeout = 10 * time.Second

// reap ends every daemon and container of the engines, brokers and registries in dir, however they were left, and
// undoes their mounts and control groups. It is the way out after a crash; in good order, each daemon has cleaned up for
// itself and reap finds little.
func reap(dir string) error {
	cgroups, err := killAll(dir)
	for _, point := range slices.Backward(mountPoints(dir)) {
		err = errors.Join(err, syscall.Unmount(point, syscall.MNT_DETACH))
	}
	for _, group := range cgroups {
		removeCgroup(group)
	}
	return err
}

// killAll kills until a look at the process table finds nothing more: a dying container's supervisor may start
// another helper. It returns the control groups that are empty now, as paths below the hierarchies.
func killAll(dir string) ([]string, error) {
	var cgroups []string
	deadline := time.NewTimer(reapTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		pids := belongingTo(dir)
		if len(pids) == 0 {
			return cgroups, nil
		}
		for _, pid := range pids {
			cgroups = append(cgroups, podmanCgroups(pid)...)
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone already
		}
		select {
		case <-deadline.C:
			return cgroups, fmt.Errorf("end the processes of %s: %v live on after SIGKILL", dir, pids)
		case <-tick.C:
		}
	}
}

// podmanCgroups are the control groups of a process that Podman made. Docker's are under a parent of the folder's own,
// which goes as a whole.
func podmanCgroups(pid int) []string {
	var paths []string
	table, _ := os.ReadFile(procPath(pid, "cgroup"))
	for line := range strings.Lines(string(table)) {
		// hierarchy:controllers:/path
		if _, path, ok := strings.Cut(strings.TrimSpace(line), ":/"); ok && strings.HasPrefix(path, "libpod_parent/") {
			paths = append(paths, path)
		}
	}
	return paths
}

// belongingTo lists the daemons of dir and all their descendants: a container's first process is a child of its shim or
// conmon. Zombies don't count; their parents reap them.
func belongingTo(dir string) []int {
	namespaces := mountNamespaces(dir)
	children := map[int][]int{}
	var todo, found []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		state, parent, ok := parseStat(procPath(pid, "stat"))
		if !ok || state == "Z" {
			continue
		}
		children[parent] = append(children[parent], pid)
		if isDaemonOf(pid, dir) || isIn(pid, namespaces) || isOwnedBy(pid, dir) {
			todo = append(todo, pid)
		}
	}
	for len(todo) > 0 {
		pid := todo[0]
		todo = append(todo[1:], children[pid]...)
		if !slices.Contains(found, pid) {
			found = append(found, pid)
		}
	}
	return found
}

// isDaemonOf looks for dir on the command line. It compares the program's name too, so that a person's editor or pager on a file of dir is left alone.
func isDaemonOf(pid int, dir string) bool {
	cmdline, err := os.ReadFile(procPath(pid, "cmdline"))
	if err != nil || !bytes.Contains(cmdline, []byte(dir+"/")) {
		return false
	}
	program, _, _ := bytes.Cut(cmdline, []byte{0})
	switch name := filepath.Base(string(program)); name {
	case "dockerd", "containerd", "containerd-shim-runc-v2", "runc", "podman", "conmon", "mosquitto", "docker-registry":
		return true
	}
	return false
}

// isOwnedBy looks for the mark of an engine without rights.
func isOwnedBy(pid int, dir string) bool {
	environ, err := os.ReadFile(procPath(pid, "environ"))
	return err == nil && bytes.Contains(environ, []byte(ownerVariable+"="+dir+"/"))
}

func isIn(pid int, mountNamespaces []string) bool {
	link, err := os.Readlink(procPath(pid, "ns/mnt"))
	return err == nil && slices.Contains(mountNamespaces, link)
}

// parseStat reads the state and the parent from the fields after the name, which may itself contain spaces and brackets.
func parseStat(path string) (state string, parent int, ok bool) {
	stat, err := os.ReadFile(path)
	if err != nil {
		return "", 0, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return fields[0], parent, err == nil
}

func procPath(pid int, file string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), file)
}

// mountPoints lists what is mounted below dir, in order of mounting; fields as in proc(5), /proc/pid/mountinfo.
func mountPoints(dir string) []string {
	table, _ := os.ReadFile("/proc/self/mountinfo")
	var points []string
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], dir+"/") {
			points = append(points, fields[4])
		}
	}
	return points
}

// removeCgroup removes a control group and its children from every hierarchy, as far as they are empty.
func removeCgroup(path string) {
	roots, _ := filepath.Glob("/sys/fs/cgroup/*/" + path) // version 1
	roots = append(roots, filepath.Join("/sys/fs/cgroup", path))
	for _, root := range roots {
		var groups []string
		_ = filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return nil
		})
		for _, group := range slices.Backward(groups) {
			_ = syscall.Rmdir(group)
		}
	}
}
