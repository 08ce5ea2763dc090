// Package powercut records every write that reaches a disk, and makes of the record the disks that a power cut at any
// moment may have left. On each of them edged must find its state whole, and bring the update that was under way to its
// end.
//
// `make test` tries the files of core/state, `make test-qemu` a whole edged, with a real engine on the same disk.
package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// part is a file system on the disk.
type part struct {
	mib int64
	at  string // where it is mounted

	offset int64
	loop   string // its device while it is mounted from the recorded disk
}

// mounting has ext4 help nobody: without noauto_da_alloc it writes the text of a file down before it renames it over
// another, as most file systems of devices do not.
const mounting = "noatime,noauto_da_alloc"

// disk is a disk whose writes are recorded. The kernels of test machines have no dm-log-writes, so QEMU's storage daemon
// does it, behind a file of FUSE and loop devices.
type disk struct {
	dir    string // has its files: start, now, log, export
	parts  []*part
	daemon *exec.Cmd
	log    *os.File
}

// newDisk makes a disk with an empty ext4 in each part, mounts them, and records from then on.
func newDisk(ctx context.Context, dir string, parts ...*part) (*disk, error) {
	d := &disk{dir: dir, parts: parts}
	var size int64
	for _, p := range parts {
		p.offset = size
		size += p.mib << 20
	}
	for name, bytes := range map[string]int64{"now": size, "log": 16 << 30, "export": 0} {
		file, err := os.Create(d.path(name))
		if err == nil {
			err = errors.Join(file.Truncate(bytes), file.Close())
		}
		if err != nil {
			return nil, err
		}
	}
	for _, p := range parts {
		if err := run(ctx, "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-J", "size=4", "-m", "0",
			"-E", fmt.Sprintf("nodiscard,lazy_itable_init=0,offset=%d", p.offset), d.path("now"), fmt.Sprintf("%dM", p.mib)); err != nil {
			return nil, err
		}
	}
	if err := run(ctx, "cp", "--sparse=always", d.path("now"), d.path("start")); err != nil {
		return nil, err
	}
	if err := d.open(ctx, size); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// open starts the recorder and mounts what it records.
func (d *disk) open(ctx context.Context, size int64) (err error) {
	d.daemon = exec.Command("qemu-storage-daemon",
		"--blockdev", "driver=file,node-name=now,filename="+d.path("now"),
		"--blockdev", "driver=file,node-name=log,filename="+d.path("log"),
		"--blockdev", "driver=blklogwrites,node-name=recorded,file=now,log=log,log-super-update-interval=1",
		"--export", "type=fuse,id=export,node-name=recorded,writable=on,mountpoint="+d.path("export"))
	d.daemon.Stderr = os.Stderr
	if err := d.daemon.Start(); err != nil {
		return fmt.Errorf("start the recorder: %w", err)
	}
	if err := eventually(ctx, "the recorder to serve", func() bool {
		info, err := os.Stat(d.path("export"))
		return err == nil && info.Size() == size
	}); err != nil {
		return err
	}
	if d.log, err = os.Open(d.path("log")); err != nil {
		return err
	}
	for _, p := range d.parts {
		out, err := exec.CommandContext(ctx, "losetup", "--show", "--find", "--offset", fmt.Sprint(p.offset),
			"--sizelimit", fmt.Sprint(p.mib<<20), d.path("export")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("losetup: %w: %s", err, out)
		}
		p.loop = strings.TrimSpace(string(out))
		if err := mount(ctx, p, p.loop, mounting); err != nil {
			return err
		}
	}
	return nil
}

// position is how many writes and flushes there were so far. What was on the disk for good before the call is among
// them.
func (d *disk) position() (int64, error) {
	n, _, err := entries(d.log)
	return n, err
}

// close unmounts the disk and ends the recorder; the files stay.
func (d *disk) close() error {
	var errs []error
	for _, p := range d.parts {
		if p.loop != "" {
			errs = append(errs, unmount(p), run(context.Background(), "losetup", "-d", p.loop))
			p.loop = ""
		}
	}
	if d.daemon != nil && d.daemon.Process != nil {
		_ = d.daemon.Process.Signal(os.Interrupt)
		_ = d.daemon.Wait() // how it ends does not matter
	}
	if d.log != nil {
		d.log.Close()
	}
	return errors.Join(errs...)
}

func mount(ctx context.Context, p *part, source, options string) error {
	if err := os.MkdirAll(p.at, 0o755); err != nil {
		return err
	}
	return run(ctx, "mount", "-t", "ext4", "-o", options, source, p.at)
}

// unmount unmounts a part, unless a lab that ended has done so.
func unmount(p *part) error {
	if exec.Command("mountpoint", "-q", p.at).Run() != nil {
		return nil
	}
	return run(context.Background(), "umount", p.at)
}

func run(ctx context.Context, argv ...string) error {
	if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// patience bounds every wait. It is long, because the machine may be busy.
const patience = 2 * time.Minute

func eventually(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
	return nil
}
