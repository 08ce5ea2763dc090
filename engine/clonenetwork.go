package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// endpointSettings is what the user set of each network that a container is in: everything but what the engine
// found out when it connected the container. A fixed MAC address is dealt with by fixedAddresses. A container without
// networking is in none: a Docker without a bridge marks each that it starts so, goes on showing the network "bridge",
// and panics when asked to connect it (20.10, "assignment to entry in nil map"; updateContainerNetworkSettings and
// ConnectToNetwork in daemon/container_operations.go).
func endpointSettings(inspect document) map[string]document {
	endpoints := map[string]document{}
	mode := inspect.object("HostConfig").text("NetworkMode")
	if !hasOwnNetworks(mode) || isUserMode(mode) || inspect.object("Config").flag("NetworkDisabled") {
		return endpoints
	}
	for name, value := range inspect.object("NetworkSettings", "Networks") {
		found, ok := value.(map[string]any)
		if !ok {
			found = map[string]any{}
		}
		endpoints[name] = userEndpoint(found, shortID(inspect.text("Id")))
	}
	return endpoints
}

// userEndpoint drops what isn't the user's: addresses in use, identifiers, and the short ID that the engine adds to
// the aliases by itself.
func userEndpoint(found document, generated string) document {
	endpoint := found.copy()
	for _, key := range []string{
		"NetworkID", "EndpointID", "Gateway", "IPAddress", "IPPrefixLen", "IPv6Gateway",
		"GlobalIPv6Address", "GlobalIPv6PrefixLen", "MacAddress", "DNSNames",
	} {
		delete(endpoint, key)
	}
	if aliases := endpoint.texts("Aliases"); len(aliases) > 0 {
		aliases = slices.DeleteFunc(aliases, func(a string) bool { return a == generated })
		endpoint["Aliases"] = texts(aliases)
	}
	return endpoint
}

// hasOwnNetworks reports whether a network mode lets a container be in networks at all.
func hasOwnNetworks(mode string) bool {
	switch {
	case mode == "host", mode == "none", strings.HasPrefix(mode, "container:"), strings.HasPrefix(mode, "ns:"):
		return false
	}
	return true
}

// primaryNetwork is the name of the network that a container is created in; the others are connected afterwards,
// because an engine before API 1.44 takes one only. It is "" if the container has left the network of its mode.
func primaryNetwork(inspect document, endpoints map[string]document) string {
	mode := inspect.object("HostConfig").text("NetworkMode")
	if mode == "default" || mode == "" {
		mode = "bridge"
	}
	if _, found := endpoints[mode]; found {
		return mode
	}
	for name, value := range inspect.object("NetworkSettings", "Networks") {
		id := document(asObject(value)).text("NetworkID")
		if id != "" && strings.HasPrefix(id, mode) {
			return name
		}
	}
	return ""
}

func asObject(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// fixedAddresses moves a MAC address that the user fixed into the endpoint's settings, where API 1.44 and later want
// it, and pins what no engine tells apart from its own choice: the MAC address of a second network. The bridge
// driver's own choice before Docker 28, 02:42 and the IPv4 address, is never pinned: two containers could get it.
// Source: https://docs.docker.com/reference/api/engine/version-history/ (v1.44), getInspectData in daemon/inspect.go.
func fixedAddresses(config document, endpoints map[string]document, inspect document, primary string) {
	for name, endpoint := range endpoints {
		mac := inspect.object("NetworkSettings", "Networks", name).text("MacAddress")
		if name == primary {
			mac = config.text("MacAddress")
		} else if strings.HasPrefix(mac, "02:42:") {
			mac = ""
		}
		if mac != "" {
			endpoint["MacAddress"] = mac
		}
	}
	delete(config, "MacAddress")
}

// CloneNetworkConfig is the user's part of each network's settings: aliases, static addresses, links and driver
// options, without what the engine found out by itself. Every network is in it, not just connected ones.
func CloneNetworkConfig(ref *container.NetworkSettings) *network.NetworkingConfig {
	out := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{}}
	if ref == nil {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(ref.Networks)) {
		settings := ref.Networks[name]
		if settings == nil {
			continue
		}
		clone := settings.Copy()
		out.EndpointsConfig[name] = &network.EndpointSettings{
			IPAMConfig: clone.IPAMConfig, Links: clone.Links, Aliases: clone.Aliases,
			DriverOpts: clone.DriverOpts, GwPriority: clone.GwPriority,
		}
	}
	return out
}
