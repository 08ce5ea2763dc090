package engine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (p *podmanSpec) namespaces() {
	host := p.body.host()
	for key, name := range map[string]string{"PidMode": "pidns", "IpcMode": "ipcns", "UTSMode": "utsns", "CgroupMode": "cgroupns"} {
		p.spec[name] = namespace(host.text(key))
	}
	switch host.text("IpcMode") {
	case "", "private", "shareable": // it is refused where the container has no /dev/shm of its own
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
		"PublishAllPorts": "publish_image_ports", "HostsFile": "base_hosts_file",
	})
	if p.native.object("Config", "Annotations").text(annotationPublishAll) == "TRUE" { // PublishAllPorts is shown as false
		p.spec["publish_image_ports"] = true
	}
	p.ports(config, host)
}

// annotationPublishAll is where Podman 4 keeps that every port of the image is to be published.
const annotationPublishAll = "io.podman.annotations.publish-all"

// joined lists the networks. Podman shows the addresses in use, and to fix one that was chosen for the container would
// take it from another one after a reboot; see podmanHidden.
func (p *podmanSpec) joined() {
	networks := map[string]any{}
	for name, endpoint := range p.body.networks {
		network := map[string]any{"aliases": endpoint["Aliases"]}
		fixed := p.hidden.endpoints[name]
		if fixed.IPs != nil {
			network["static_ips"] = texts(fixed.IPs)
		}
		if fixed.MAC != "" {
			network["static_mac"] = fixed.MAC
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
