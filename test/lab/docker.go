package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const cleanTimeout = 30 * time.Second // for removing the containers of an engine that is about to stop

// DockerOptions choose how a private dockerd behaves.
type DockerOptions struct {
	LiveRestore bool   // containers outlive the daemon, as with "live-restore" in daemon.json
	Root        string // folder with the root file system whose dockerd and containerd to run; empty: the machine's
	Rootless    bool   // run as a user without rights, see PodmanOptions; containers don't outlive the daemon
	TLS         bool   // serve a loopback port, too, for clients with a certificate, see TLSHost and CertDir
}

// Docker is a private dockerd with its own containerd, data, socket and bridge. Published ports work from the host
// through docker-proxy; packet filter rules are not touched, so it stands beside any other Docker. Containers have no
// way out to other networks.
type Docker struct {
	service
	folder     *Folder
	socket     string
	api        engineAPI
	containerd *service
	tlsAddr    string // empty without DockerOptions.TLS
}

// StartDocker starts dockerd in folder and returns when it answers.
func StartDocker(ctx context.Context, folder *Folder, opts DockerOptions) (*Docker, error) {
	dir := filepath.Join(folder.Path, "docker")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("start docker: %w", err)
	}
	if err := errors.Join(needRootFor(opts.Rootless, opts.Root), addBridge(folder.dockerBridge(), folder.dockerDefault())); err != nil {
		return nil, fmt.Errorf("start docker: %w", err)
	}
	var prefix []string
	if opts.Root != "" {
		namespace, err := makeMountNamespace(dir, opts.Root)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start docker: %w", err), reap(dir))
		}
		prefix = []string{"nsenter", "--mount=" + namespace}
	}
	d := newDocker(folder, dir, prefix)
	if opts.TLS {
		if err := d.overTLS(); err != nil {
			return nil, fmt.Errorf("start docker: %w", err)
		}
	}
	if err := d.configure(dir, opts); err != nil {
		return nil, fmt.Errorf("start docker: %w", err)
	}
	if err := d.startDaemons(ctx, opts.Rootless); err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

// startDaemons starts dockerd after its containerd, or with one of its own as a user.
func (d *Docker) startDaemons(ctx context.Context, rootless bool) error {
	if !rootless {
		return errors.Join(d.containerd.Start(ctx), d.Start(ctx))
	}
	if err := d.inUserNamespace(); err != nil {
		return fmt.Errorf("start docker: %w", err)
	}
	return d.Start(ctx)
}

// newDocker prepares the daemons; prefix goes before their commands.
func newDocker(folder *Folder, dir string, prefix []string) *Docker {
	d := &Docker{folder: folder, socket: filepath.Join(dir, "docker.sock")}
	d.api = newEngineAPI(d.socket, "/containers/%s?force=1&v=1")
	containerdSocket := filepath.Join(dir, "containerd.sock")
	d.containerd = &service{
		name: "containerd", dir: dir,
		argv: slices.Concat(prefix, []string{"containerd", "--config", filepath.Join(dir, "containerd.toml")}),
		// dockerd itself waits until containerd serves; here it is enough that the socket is there.
		probe: func(context.Context) error { _, err := os.Stat(containerdSocket); return err },
	}
	d.service = service{
		name: "dockerd", dir: dir,
		argv: slices.Concat(prefix, []string{
			"dockerd", "--config-file", filepath.Join(dir, "daemon.json"),
			"--host", d.Host(), "--containerd", containerdSocket,
			"--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
			"--pidfile", filepath.Join(dir, "docker.pid"),
		}),
		probe: d.api.ping,
	}
	return d
}

// configure writes the files of dockerd and its containerd. A containerd of our own keeps dockerd from borrowing the
// machine's. The trust key goes to the folder and not to /etc/docker. A bridge of our own rather than "none", because
// dockerd with "none" deletes the docker0 of the machine's Docker.
func (d *Docker) configure(dir string, opts DockerOptions) error {
	settings := map[string]any{
		"bridge":                d.folder.dockerBridge(),
		"cgroup-parent":         "/" + d.folder.cgroup(),
		"default-address-pools": []any{map[string]any{"base": d.folder.dockerPool(), "size": 24}},
		"deprecated-key-path":   filepath.Join(dir, "key.json"),
		"ip-forward":            false,
		"ip6tables":             false,
		"iptables":              false,
		"live-restore":          opts.LiveRestore,
		"storage-driver":        "overlay2",
	}
	if opts.Rootless { // it has a network of its own, and no say over control groups
		delete(settings, "bridge")
		delete(settings, "cgroup-parent")
		delete(settings, "live-restore")
	}
	daemon, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	containerd := strings.NewReplacer("DIR", dir).Replace(`version = 2
root = "DIR/containerd/root"
state = "DIR/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "DIR/containerd.sock"
`)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "daemon.json"), daemon, 0o644),
		os.WriteFile(filepath.Join(dir, "containerd.toml"), []byte(containerd), 0o644),
	)
}

// Host returns the address in the form of DOCKER_HOST: unix:///path. It stays the same over Restart.
func (d *Docker) Host() string { return "unix://" + d.socket }

// Pull fetches an image into the engine. An empty user is an anonymous pull.
func (d *Docker) Pull(ctx context.Context, ref, user, password string) error {
	return d.api.pull(ctx, ref, user, password)
}

// Stop ends the containers, the daemon and its containerd, and removes mounts, bridge and data.
func (d *Docker) Stop() error {
	d.Resume()
	if d.proc != nil {
		ctx, cancel := context.WithTimeout(context.Background(), cleanTimeout)
		defer cancel()
		_ = d.api.removeContainers(ctx) // reap gets what resists
	}
	d.end()
	d.containerd.end()
	dir := filepath.Dir(d.socket)
	err := errors.Join(reap(dir), removeBridges(d.folder.dockerDefault(), d.folder.dockerPool()))
	removeCgroup(d.folder.cgroup())
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("stop docker: %w", err)
	}
	return nil
}
