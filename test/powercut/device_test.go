package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"edged/test/daemon"
	"edged/test/lab"
)

// policy counts the updates that it is asked about, and puts installations off.
const policy = `edged.api(1)
edged.before("update", function() edged.kv.incr("asked") end)
edged.before("create", function() return edged.defer("1h", "at night") end)
`

// The images that containers go back and forth between.
const firstImage, secondImage = "idle", "printenv"

// device is an engine, a broker and edged. The engine's data and edged's state are on a disk that is recorded, each in a
// file system of its own; the broker forgets everything when it starts.
type device struct {
	env    *lab.Env // of the registry
	folder *lab.Folder
	disk   *disk
	docker *lab.Docker
	broker *lab.Mosquitto
	edged  *daemon.Daemon
}

// newDevice starts all but edged, which is built with the flags.
func newDevice(t *testing.T, flags ...string) *device {
	t.Helper()
	dir := folder(t)
	d := &device{env: lab.Shared(t)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	d.folder, err = lab.NewFolder()
	must(err)
	t.Cleanup(func() { noError(t, d.folder.Close()) })
	must(os.Mkdir(filepath.Join(dir, "disk"), 0o755))
	d.disk, err = newDisk(t.Context(), filepath.Join(dir, "disk"),
		&part{mib: 32, at: filepath.Join(dir, "state")}, &part{mib: 512, at: filepath.Join(d.folder.Path, "docker/data")})
	must(err)
	t.Cleanup(func() { noError(t, d.disk.close()) })
	t.Cleanup(func() { noError(t, d.stopEngine()) })
	must(d.startEngine(t.Context()))
	d.broker, err = lab.StartMosquitto(t.Context(), d.folder, lab.MosquittoOptions{})
	must(err)
	t.Cleanup(func() { noError(t, d.broker.Stop()) })
	scripts := filepath.Join(dir, "policy.d")
	must(os.Mkdir(scripts, 0o755))
	must(os.WriteFile(filepath.Join(scripts, "10-count.lua"), []byte(policy), 0o644))
	d.edged, err = daemon.New(t.Context(), dir, daemon.Settings{
		Engine: d.docker.Host(), Broker: d.broker.URL(), Policy: scripts, StableFor: 300 * time.Millisecond, GoFlags: flags,
	})
	must(err)
	t.Cleanup(d.edged.Kill)
	return d
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// startEngine starts Docker, whose containerd keeps what lasts on the disk, too.
func (d *device) startEngine(ctx context.Context) (err error) {
	kept, seen := filepath.Join(d.folder.Path, "docker/data/.containerd"), filepath.Join(d.folder.Path, "docker/containerd/root")
	if err := errors.Join(os.MkdirAll(kept, 0o700), os.MkdirAll(seen, 0o700)); err != nil {
		return err
	}
	if err := syscall.Mount(kept, seen, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s: %w", seen, err)
	}
	d.docker, err = lab.StartDocker(ctx, d.folder, lab.DockerOptions{})
	return err
}

// stopEngine ends Docker and all containers as fast as can be, and unmounts its disk.
func (d *device) stopEngine() error {
	if d.docker == nil {
		return nil
	}
	d.docker.Kill()
	err := d.docker.Stop()
	d.docker = nil
	return err
}

func (d *device) engine() lab.Engine { return lab.Engine{Name: "docker", Host: d.docker.Host()} }

// state is the folder with edged's files.
func (d *device) state() string { return filepath.Join(d.edged.Dir, "state") }

// topic is where a command stands.
func topic(id string) string { return "te/device/main/service/edged/cmd/update/" + id }
