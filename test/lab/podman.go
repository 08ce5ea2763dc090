package lab

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// PodmanOptions choose how a private Podman service behaves.
type PodmanOptions struct {
	Insecure []string // registries to be spoken to without TLS, as host:port
	Root     string   // folder with the root file system whose podman to run; empty: the machine's
	Rootless bool     // run as a user without rights, number 1000, which Root must have with subordinate ones
}

// Podman is a private `podman system service` with its own storage, configuration, socket and bridge. Its containers
// live on when the service stops or is killed, as Podman's do.
type Podman struct {
	service
	folder *Folder
	socket string
	api    engineAPI
	health *healthTimers
}

// StartPodman starts the service in folder and returns when it answers.
func StartPodman(ctx context.Context, folder *Folder, opts PodmanOptions) (*Podman, error) {
	dir := filepath.Join(folder.Path, "podman")
	networks := filepath.Join(dir, "networks")
	if err := os.MkdirAll(networks, 0o755); err != nil {
		return nil, fmt.Errorf("start podman: %w", err)
	}
	if err := needRootFor(opts.Rootless, opts.Root); err != nil {
		return nil, fmt.Errorf("start podman: %w", err)
	}
	// Rootful Podman keeps addresses and names of all its networks in one fixed place, and network namespaces in another.
	namespace, err := makeMountNamespace(dir, opts.Root, "/run/containers", "/run/netns", "/run/podman")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start podman: %w", err), reap(dir))
	}
	p := &Podman{folder: folder, socket: filepath.Join(dir, "podman.sock")}
	p.api = newEngineAPI(p.socket, "/v4.0.0/libpod/containers/%s?force=true&timeout=0&v=true")
	p.service = service{
		name: "podman", dir: dir,
		env: []string{
			"CONTAINERS_CONF=" + filepath.Join(dir, "containers.conf"),
			"CONTAINERS_STORAGE_CONF=" + filepath.Join(dir, "storage.conf"),
			"CONTAINERS_REGISTRIES_CONF=" + filepath.Join(dir, "registries.conf"),
			"REGISTRY_AUTH_FILE=" + filepath.Join(dir, "auth.json"),
			"DISABLE_HC_SYSTEMD=true", // see healthTimers
			"NETAVARK_FW=iptables",    // newer ones use nftables by default, and removeRules would not find those
			"PODMAN_IGNORE_CGROUPSV1_WARNING=1",
		},
		argv:  []string{"nsenter", "--mount=" + namespace, "podman", "system", "service", "--time=0", p.Host()},
		probe: p.api.ping,
	}
	if err := p.configure(dir, networks, opts); err != nil {
		return nil, fmt.Errorf("start podman: %w", err)
	}
	if opts.Rootless {
		if err := p.dropRights(); err != nil {
			return nil, errors.Join(fmt.Errorf("start podman: %w", err), reap(dir))
		}
	}
	p.health = startHealthTimers(p.api)
	if err := p.Start(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// configure writes the service's files. crun refuses hybrid cgroups, hence runc. Limits are the hard ones of small
// virtual machines. File locks keep it away from the shared memory of the machine's Podman.
func (p *Podman) configure(dir, networks string, opts PodmanOptions) error {
	network, err := json.Marshal(p.defaultNetwork())
	if err != nil {
		return err
	}
	storage := "graphroot" // Podman without root's rights heeds the other one, and since 5.8 complains of both
	if opts.Rootless {
		storage = "rootless_storage_path"
	}
	files := map[string]string{
		filepath.Join(networks, p.folder.podmanBridge()+".json"): string(network),
		filepath.Join(dir, "registries.conf"):                    registriesConf(opts.Insecure),
		filepath.Join(dir, "storage.conf"): `[storage]
driver = "overlay"
` + storage + ` = "DIR/data"
runroot = "DIR/run"
`,
		filepath.Join(dir, "containers.conf"): `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "DIR/tmp"
static_dir = "DIR/data/libpod"
volume_path = "DIR/data/volumes"
[network]
network_backend = "netavark"
network_config_dir = "DIR/networks"
default_network = "NETWORK"
default_subnet_pools = [{base = "POOL", size = 24}]
`,
	}
	replace := strings.NewReplacer("DIR", dir, "POOL", p.folder.podmanPool().String(), "NETWORK", p.folder.podmanBridge())
	for path, text := range files {
		if err := os.WriteFile(path, []byte(replace.Replace(text)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// defaultNetwork stands in for Podman's network "podman". The packet filter chains of a network are named after it, so it
// has a name of the folder's own: of two networks "podman" the one removed last would miss its chains.
func (p *Podman) defaultNetwork() any {
	type subnet struct {
		Subnet  netip.Prefix `json:"subnet"`
		Gateway netip.Addr   `json:"gateway"`
	}
	return struct {
		Name      string            `json:"name"`
		ID        string            `json:"id"`
		Driver    string            `json:"driver"`
		Interface string            `json:"network_interface"`
		Created   string            `json:"created"`
		Subnets   []subnet          `json:"subnets"`
		IPAM      map[string]string `json:"ipam_options"`
	}{
		Name: p.folder.podmanBridge(), ID: fmt.Sprintf("%x", sha256.Sum256([]byte(p.folder.podmanBridge()))),
		Driver: "bridge", Interface: p.folder.podmanBridge(), Created: "2024-01-01T00:00:00Z",
		Subnets: []subnet{{Subnet: p.folder.podmanDefault(), Gateway: p.folder.podmanDefault().Addr().Next()}},
		IPAM:    map[string]string{"driver": "host-local"},
	}
}

func registriesConf(insecure []string) string {
	var conf strings.Builder
	conf.WriteString("unqualified-search-registries = []\n")
	for _, location := range insecure {
		fmt.Fprintf(&conf, "[[registry]]\nlocation = %q\ninsecure = true\n", location)
	}
	return conf.String()
}

// Host returns the address in the form of CONTAINER_HOST: unix:///path. It stays the same over Restart.
func (p *Podman) Host() string { return "unix://" + p.socket }

// Pull fetches an image into the engine. An empty user is an anonymous pull.
func (p *Podman) Pull(ctx context.Context, ref, user, password string) error {
	return p.api.pull(ctx, ref, user, password)
}

// Stop ends the containers and the service, and removes mounts, bridge and data.
func (p *Podman) Stop() error {
	p.Resume()
	p.health.stop()
	if p.proc != nil {
		ctx, cancel := context.WithTimeout(context.Background(), cleanTimeout)
		defer cancel()
		_ = p.api.removeContainers(ctx) // reap gets what resists
	}
	p.end()
	dir := filepath.Dir(p.socket)
	networks := []netip.Prefix{p.folder.podmanDefault(), p.folder.podmanPool()}
	err := errors.Join(reap(dir), removeBridges(networks...), removeRules(networks...), os.RemoveAll(dir))
	if err != nil {
		return fmt.Errorf("stop podman: %w", err)
	}
	return nil
}
