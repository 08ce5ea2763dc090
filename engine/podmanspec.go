package engine

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"
)

// podmanSpec translates a planned container into a request to Podman's own API (SpecGenerator). It is a translation and
// so a list of fields; what a newer Podman knows besides is found missing by verifyNext.
// Source: https://docs.podman.io/en/latest/_static/api.html (ContainerCreateLibpod).
type podmanSpec struct {
	body   cloneBody
	native document // inspect of the old container
	oldRef string
	spec   document
}

func newPodmanSpec(name string, source *cloneSource, body cloneBody) document {
	p := &podmanSpec{body: body, native: source.native, spec: document{"name": name}}
	p.oldRef = source.container.object("Config").text("Image")
	p.process()
	p.storage()
	p.security()
	p.namespaces()
	p.networks()
	p.limits()
	p.fromCommand()
	for key, value := range p.spec {
		if empty(value) && key != "stop_timeout" {
			delete(p.spec, key)
		}
	}
	return p.spec
}

// put carries values over under other names.
func (p *podmanSpec) put(from document, names map[string]string) {
	for key, name := range names {
		if value, found := from[key]; found {
			p.spec[name] = value
		}
	}
}

func (p *podmanSpec) process() {
	config, host := p.body.config(), p.body.host()
	p.put(config, map[string]string{
		"Image": "image", "Cmd": "command", "Entrypoint": "entrypoint", "Labels": "labels", "Tty": "terminal",
		"OpenStdin": "stdin", "Hostname": "hostname", "WorkingDir": "work_dir", "User": "user", "StopTimeout": "stop_timeout",
		"Healthcheck": "healthconfig",
	})
	p.spec["raw_image_name"] = config["Image"]
	p.spec["env"] = map[string]any(envMap(config))
	if number := signalNumber(config["StopSignal"]); number != 0 {
		p.spec["stop_signal"] = number
	}
	native := p.native.object("Config")
	p.put(native, map[string]string{"Umask": "umask", "Timezone": "timezone", "Timeout": "timeout", "sdNotifyMode": "sdnotifyMode"})
	p.spec["annotations"] = map[string]any(userAnnotations(native))
	p.spec["systemd"] = "true" // decide by the command, as for any new container
	if native.flag("SystemdMode") {
		p.spec["systemd"] = "always"
	}
	p.spec["oci_runtime"] = p.native["OCIRuntime"]
	p.put(host, map[string]string{"AutoRemove": "remove", "Init": "init"})
	restart := host.object("RestartPolicy")
	p.put(restart, map[string]string{"Name": "restart_policy", "MaximumRetryCount": "restart_tries"})
	p.logging(host.object("LogConfig"))
}

// logging leaves out the path, which is the container's own folder.
func (p *podmanSpec) logging(shown document) {
	log := document{"driver": shown["Type"]}
	if size, err := units.FromHumanSize(shown.text("Size")); err == nil && size > 0 {
		log["size"] = size
	}
	if tag := shown.text("Tag"); tag != "" {
		log["options"] = map[string]any{"tag": tag}
	}
	p.spec["log_configuration"] = map[string]any(log)
}

// storage takes the mounts from Binds and Tmpfs, where Podman shows them all, the anonymous volumes with their names.
func (p *podmanSpec) storage() {
	host := p.body.host()
	var mounts, volumes []any
	for _, bind := range host.texts("Binds") {
		source, rest, _ := strings.Cut(bind, ":")
		destination, options, _ := strings.Cut(rest, ":")
		if strings.HasPrefix(source, "/") {
			mounts = append(mounts, ociMount("bind", source, destination, options))
			continue
		}
		volumes = append(volumes, map[string]any{"Name": source, "Dest": destination, "Options": splitOptions(options)})
	}
	tmpfs := host.object("Tmpfs")
	for _, destination := range slices.Sorted(maps.Keys(tmpfs)) {
		mounts = append(mounts, ociMount("tmpfs", "tmpfs", destination, tmpfs.text(destination)))
	}
	p.spec["mounts"], p.spec["volumes"] = mounts, volumes
	p.put(host, map[string]string{"VolumesFrom": "volumes_from"})
	var devices []any
	for _, device := range host.objects("Devices") {
		path := device.text("PathOnHost") + ":" + device.text("PathInContainer")
		if rights := device.text("CgroupPermissions"); rights != "" {
			path += ":" + rights
		}
		devices = append(devices, map[string]any{"path": path})
	}
	p.spec["devices"] = devices
}

func ociMount(kind, source, destination, options string) map[string]any {
	return map[string]any{"type": kind, "source": source, "destination": destination, "options": splitOptions(options)}
}

func splitOptions(options string) []any {
	if options == "" {
		return nil
	}
	return texts(strings.Split(options, ","))
}

func (p *podmanSpec) security() {
	host := p.body.host()
	p.put(host, map[string]string{
		"Privileged": "privileged", "ReadonlyRootfs": "read_only_filesystem", "GroupAdd": "groups",
		"CapAdd": "cap_add", "CapDrop": "cap_drop",
	})
	if host.flag("Privileged") { // shown relative to all capabilities, which isn't how they are taken
		delete(p.spec, "cap_add")
		delete(p.spec, "cap_drop")
	}
	var labels []any
	for _, option := range host.texts("SecurityOpt") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "no-new-privileges":
			p.spec["no_new_privileges"] = true
		case "label":
			labels = append(labels, value)
		case "seccomp":
			p.spec["seccomp_profile_path"] = value
		case "apparmor":
			p.spec["apparmor_profile"] = value
		}
	}
	p.spec["selinux_opts"] = labels
}

func (p *podmanSpec) namespaces() {
	host := p.body.host()
	for key, name := range map[string]string{"PidMode": "pidns", "IpcMode": "ipcns", "UTSMode": "utsns", "CgroupMode": "cgroupns"} {
		p.spec[name] = namespace(host.text(key))
	}
	if host.text("IpcMode") != "host" {
		p.put(host, map[string]string{"ShmSize": "shm_size"})
	}
	p.put(host, map[string]string{"CgroupParent": "cgroup_parent"})
	if mode := host.text("Cgroups"); mode != "default" {
		p.spec["cgroups_mode"] = mode
	}
	p.userNamespace(host)
}

// userNamespace restores what was asked for: Podman 4 shows "keep-id" as "private", with a table that maps a user to
// itself. Any other private one is made again by its tables.
// See https://github.com/containers/podman/issues/17337.
func (p *podmanSpec) userNamespace(host document) {
	mode := host.text("UsernsMode")
	tables := host.object("IDMappings")
	if mode == "private" && tables != nil {
		if isIdentity(tables.texts("UidMap")) {
			p.spec["userns"] = namespace("keep-id")
			return
		}
		p.spec["idmappings"] = map[string]any{"UIDMap": idTable(tables.texts("UidMap")), "GIDMap": idTable(tables.texts("GidMap"))}
	}
	if mode != "" {
		p.spec["userns"] = namespace(mode)
	}
}

// isIdentity looks for a user that is the same inside and outside. Entries are "inside:outside:count".
func isIdentity(table []string) bool {
	return slices.ContainsFunc(table, func(entry string) bool {
		parts := strings.Split(entry, ":")
		return len(parts) == 3 && parts[0] == parts[1]
	})
}

func idTable(table []string) []any {
	var out []any
	for _, entry := range table {
		parts := strings.Split(entry, ":")
		if len(parts) != 3 {
			continue
		}
		numbers := make([]int, 3)
		for i, part := range parts {
			numbers[i], _ = strconv.Atoi(part)
		}
		out = append(out, map[string]any{"container_id": numbers[0], "host_id": numbers[1], "size": numbers[2]})
	}
	return out
}

// namespace writes "host", "private", "container:ID", "ns:/path" and "slirp4netns:options" as Podman's API takes them.
func namespace(mode string) any {
	if mode == "" {
		return nil
	}
	kind, value, _ := strings.Cut(mode, ":")
	if kind == "ns" {
		kind = "path"
	}
	return map[string]any{"nsmode": kind, "value": value}
}

func (p *podmanSpec) networks() {
	config, host := p.body.config(), p.body.host()
	mode := host.text("NetworkMode")
	kind, options, _ := strings.Cut(mode, ":")
	switch kind {
	case "slirp4netns", "pasta":
		p.spec["netns"] = map[string]any{"nsmode": kind}
		p.spec["network_options"] = map[string]any{kind: splitOptions(options)}
	case "host", "none", "container", "ns", "private":
		p.spec["netns"] = namespace(mode)
	default:
		p.spec["netns"] = map[string]any{"nsmode": "bridge"}
		p.joined()
	}
	p.put(host, map[string]string{
		"Dns": "dns_server", "DnsSearch": "dns_search", "DnsOptions": "dns_option", "ExtraHosts": "hostadd",
		"PublishAllPorts": "publish_image_ports",
	})
	p.ports(config, host)
}

// joined lists the networks. An address is fixed only if the command that made the container names it: Podman shows the
// address in use, and to fix one that was chosen for the container would take it from another one after a reboot.
func (p *podmanSpec) joined() {
	networks := map[string]any{}
	for name, endpoint := range p.body.networks {
		shown := p.native.object("NetworkSettings", "Networks", name)
		network := map[string]any{"aliases": endpoint["Aliases"]}
		var fixed []any
		for _, key := range []string{"IPAddress", "GlobalIPv6Address"} {
			if p.commandNames(shown.text(key)) {
				fixed = append(fixed, shown.text(key))
			}
		}
		if fixed != nil {
			network["static_ips"] = fixed
		}
		if mac := shown.text("MacAddress"); p.commandNames(mac) {
			network["static_mac"] = mac
		}
		networks[name] = network
	}
	if len(networks) > 0 {
		p.spec["networks"] = networks
	}
}

func (p *podmanSpec) ports(config, host document) {
	var mappings []any
	bindings := host.object("PortBindings")
	for _, port := range slices.Sorted(maps.Keys(bindings)) {
		list, _ := bindings[port].([]any)
		number, protocol := splitPort(port)
		for _, entry := range list {
			binding := document(asObject(entry))
			hostPort, _ := strconv.Atoi(binding.text("HostPort"))
			mappings = append(mappings, map[string]any{
				"container_port": number, "protocol": protocol, "host_port": hostPort, "host_ip": binding.text("HostIp"),
			})
		}
	}
	p.spec["portmappings"] = mappings
	expose := map[string]any{}
	for port := range config.object("ExposedPorts") {
		number, protocol := splitPort(port)
		if before, _ := expose[strconv.Itoa(number)].(string); before != "" {
			protocol = before + "," + protocol
		}
		expose[strconv.Itoa(number)] = protocol
	}
	p.spec["expose"] = expose
}

func splitPort(port string) (int, string) {
	number, protocol, _ := strings.Cut(port, "/")
	n, _ := strconv.Atoi(number)
	return n, orDefault(protocol, "tcp")
}

func (p *podmanSpec) limits() {
	host := p.body.host()
	memory := numbers(host, map[string]string{
		"Memory": "limit", "MemoryReservation": "reservation", "MemorySwap": "swap", "KernelMemory": "kernel",
	})
	if host.flag("OomKillDisable") {
		memory["disableOOMKiller"] = true
	}
	if swappiness := host.number("MemorySwappiness"); swappiness > 0 || swappiness == 0 && len(memory) > 0 {
		memory["swappiness"] = swappiness // -1 is how Podman shows none
	}
	cpu := numbers(host, map[string]string{
		"CpuShares": "shares", "CpuPeriod": "period", "CpuQuota": "quota", "CpuRealtimePeriod": "realtimePeriod",
		"CpuRealtimeRuntime": "realtimeRuntime",
	})
	for key, name := range map[string]string{"CpusetCpus": "cpus", "CpusetMems": "mems"} {
		if text := host.text(key); text != "" {
			cpu[name] = text
		}
	}
	resources := document{}
	for name, part := range map[string]document{
		"memory": memory, "cpu": cpu, "pids": numbers(host, map[string]string{"PidsLimit": "limit"}),
		"blockIO": numbers(host, map[string]string{"BlkioWeight": "weight"}),
	} {
		if len(part) > 0 {
			resources[name] = map[string]any(part)
		}
	}
	p.spec["resource_limits"] = map[string]any(resources)
	p.put(host, map[string]string{"OomScoreAdj": "oom_score_adj", "CgroupConf": "unified"})
	p.devices(host)
	p.ulimits(host)
}

// devices are the limits of single block devices, each by its path.
func (p *podmanSpec) devices(host document) {
	for key, field := range map[string][2]string{
		"BlkioWeightDevice": {"weightDevice", "weight"}, "BlkioDeviceReadBps": {"throttleReadBpsDevice", "rate"},
		"BlkioDeviceWriteBps": {"throttleWriteBpsDevice", "rate"}, "BlkioDeviceReadIOps": {"throttleReadIOPSDevice", "rate"},
		"BlkioDeviceWriteIOps": {"throttleWriteIOPSDevice", "rate"},
	} {
		limits := map[string]any{}
		for _, device := range host.objects(key) {
			value := device["Rate"]
			if field[1] == "weight" {
				value = device["Weight"]
			}
			limits[device.text("Path")] = map[string]any{field[1]: value}
		}
		if len(limits) > 0 {
			p.spec[field[0]] = limits
		}
	}
}

func (p *podmanSpec) ulimits(host document) {
	var limits []any
	for _, limit := range host.objects("Ulimits") {
		// Shown as RLIMIT_NOFILE, taken as nofile.
		name := strings.TrimPrefix(strings.ToUpper(limit.text("Name")), "RLIMIT_")
		limits = append(limits, map[string]any{
			"type": strings.ToLower(name),
			"soft": rlimit(limit.number("Soft")), "hard": rlimit(limit.number("Hard")),
		})
	}
	p.spec["r_limits"] = limits
}

// rlimit writes "no limit", which is shown as -1, as the kernel does.
func rlimit(n int64) uint64 {
	if n < 0 {
		return math.MaxUint64
	}
	return uint64(n)
}

// numbers carries the numbers that aren't 0 over under other names.
func numbers(from document, names map[string]string) document {
	out := document{}
	for key, name := range names {
		if n := from.number(key); n != 0 {
			out[name] = n
		}
	}
	return out
}
