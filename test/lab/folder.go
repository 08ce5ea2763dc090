package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// base is short and fixed: a unix socket's path has 108 bytes at most, and the number of a folder must be unique on
	// the machine because bridges and subnets are named after it. /run would be a candidate, but it is often noexec.
	base       = "/tmp/edged-lab"
	maxFolders = 32
)

// Folder is a private directory with a number that no other running folder of this machine has. Bridges and subnets
// derive from the number, so that engines in different folders run side by side. One folder holds at most one Docker
// and one Podman.
type Folder struct {
	Path   string
	number int
	lock   *os.File // flocked while we live; the kernel lets go of it however we die
}

// NewFolder takes the first number that nobody holds. What a killed lab left under that number (processes, mounts,
// bridges, files) is removed first. It needs root.
func NewFolder() (*Folder, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("start the lab: it needs root, as container engines do")
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return nil, fmt.Errorf("start the lab: %w", err)
	}
	for number := range maxFolders {
		lock, err := tryLock(filepath.Join(base, strconv.Itoa(number)+".lock"))
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start the lab: %w", err)
		}
		f := &Folder{Path: filepath.Join(base, strconv.Itoa(number)), number: number, lock: lock}
		if err := f.sweep(); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		if err := os.Mkdir(f.Path, 0o755); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		return f, nil
	}
	return nil, fmt.Errorf("start the lab: %d labs are running, see %s", maxFolders, base)
}

// Close removes the folder with everything that still runs or is mounted in it. Stop the parts first: they end in
// good order only that way.
func (f *Folder) Close() error {
	return errors.Join(f.sweep(), f.lock.Close())
}

func tryLock(path string) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, err
	}
	return lock, nil
}

// sweep ends and removes everything that belongs to the folder.
func (f *Folder) sweep() error {
	err := errors.Join(reap(f.Path), removeBridges(f.networks()), removeRules(f.networks()))
	removeCgroup(f.cgroup())
	if err := errors.Join(err, os.RemoveAll(f.Path)); err != nil {
		return fmt.Errorf("clean %s: %w", f.Path, err)
	}
	return nil
}

func (f *Folder) dockerBridge() string { return "edged-d" + strconv.Itoa(f.number) }
func (f *Folder) podmanBridge() string { return "edged-p" + strconv.Itoa(f.number) }
func (f *Folder) cgroup() string       { return "edged-lab-" + strconv.Itoa(f.number) }

// networks is the folder's /16. They begin at 10.200, which home and office networks rarely use.
func (f *Folder) networks() netip.Prefix { return f.network(0, 16) }

// network gives a part of the folder's networks, from block 0 to 255 of its 256 addresses on.
func (f *Folder) network(block, bits byte) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(200 + f.number), block, 0}), int(bits))
}

// The engines' default networks, and the pools for those that users and compose make.
func (f *Folder) dockerDefault() netip.Prefix { return f.network(0, 24) }
func (f *Folder) podmanDefault() netip.Prefix { return f.network(1, 24) }
func (f *Folder) podmanPool() netip.Prefix    { return f.network(64, 18) }
func (f *Folder) dockerPool() netip.Prefix    { return f.network(128, 17) }
