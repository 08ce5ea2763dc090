package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// changes names what will differ between the old container and its replacement.
func (s *cloneSource) changes(want document, body cloneBody) []string {
	var out []string
	old := s.container.object("Config")
	if imageID(s.container.text("Image")) != imageID(s.newImage.text("Id")) || old.text("Image") != s.newRef {
		out = append(out, "image")
	}
	for key, word := range map[string]string{
		"Cmd": "cmd", "Entrypoint": "entrypoint", "User": "user", "WorkingDir": "workdir",
		"Healthcheck": "healthcheck", "StopSignal": "stop-signal",
	} {
		if !same(old[key], want[key]) {
			out = append(out, word)
		}
	}
	out = append(out, differences("env:", envMap(old), envMap(want), false)...)
	out = append(out, differences("label:", old.object("Labels"), want.object("Labels"), false)...)
	out = append(out, differences("volume:", old.object("Volumes"), want.object("Volumes"), false)...)
	out = append(out, differences("port:", old.object("ExposedPorts"), want.object("ExposedPorts"), false)...)
	out = append(out, hostChanges(hostSettings(s.container), body.host())...)
	slices.Sort(out)
	return slices.Compact(out)
}

// hostChanges compares two HostConfigs. The sources that name a container's own anonymous volumes are no change.
func hostChanges(old, next document) []string {
	var out []string
	for _, name := range differences("", old, next, true) {
		if name != "Binds" && name != "Mounts" {
			out = append(out, "host:"+name)
		}
	}
	return out
}

// differences lists the keys, with a prefix, whose values differ between two objects. With tolerant an empty value
// equals an absent one.
func differences(prefix string, a, b document, tolerant bool) []string {
	var out []string
	for key, value := range a {
		other, found := b[key]
		if !same(value, other) || !found && !tolerant {
			out = append(out, prefix+key)
		}
	}
	for key, value := range b {
		if _, found := a[key]; !found && (!tolerant || !empty(value)) {
			out = append(out, prefix+key)
		}
	}
	return out
}

func envMap(config document) document {
	env := document{}
	for _, entry := range config.texts("Env") {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// exclusive lists what two containers of this configuration can't have at the same time.
func exclusive(body cloneBody) []string {
	var out []string
	for port, bindings := range body.host().object("PortBindings") {
		list, _ := bindings.([]any)
		for _, binding := range list {
			if b := document(asObject(binding)); b.text("HostPort") != "" {
				out = append(out, fmt.Sprintf("port %s:%s (%s)", orDefault(b.text("HostIp"), "0.0.0.0"), b.text("HostPort"), port))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(body.networks)) {
		endpoint := body.networks[name]
		for _, key := range []string{"IPv4Address", "IPv6Address"} {
			if address := endpoint.object("IPAMConfig").text(key); address != "" {
				out = append(out, fmt.Sprintf("address %s in %s", address, name))
			}
		}
		if mac := endpoint.text("MacAddress"); mac != "" {
			out = append(out, "mac "+mac)
		}
	}
	if mac := body.config().text("MacAddress"); mac != "" {
		out = append(out, "mac "+mac)
	}
	slices.Sort(out)
	return out
}
