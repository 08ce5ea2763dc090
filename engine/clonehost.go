package engine

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// hostSettings is a container's HostConfig in the form in which it can be sent again. It is copied whole.
func hostSettings(inspect document) document {
	host := inspect.object("HostConfig").copy()
	if host == nil {
		host = document{}
	}
	if links := host.texts("Links"); len(links) > 0 {
		host["Links"] = texts(sendableLinks(links))
	}
	return host
}

// sendableLinks turns "/db:/web/store", as an engine shows a link, into "db:store", as it takes it.
// Source: getInspectData in Docker's daemon/inspect.go.
func sendableLinks(links []string) []string {
	out := make([]string, len(links))
	for i, link := range links {
		target, alias, _ := strings.Cut(link, ":")
		out[i] = strings.TrimPrefix(target, "/") + ":" + path.Base(alias)
	}
	return out
}

// keepAnonymousVolumes names the volumes without a name of their own in the new configuration, so that the new
// container gets the same ones and no data is lost. shared are the destinations that come from other containers.
func keepAnonymousVolumes(host document, mounts []document, shared map[string]string) {
	declared := host.objects("Mounts")
	binds := host.texts("Binds")
	for _, mount := range mounts {
		name, destination := mount.text("Name"), mount.text("Destination")
		if mount.text("Type") != "volume" || name == "" || shared[destination] == name || hasBind(binds, destination) {
			continue
		}
		i := slices.IndexFunc(declared, func(m document) bool { return sameTarget(m.text("Target"), destination) })
		if i < 0 {
			binds = append(binds, volumeBind(name, destination, mount))
		} else if declared[i].text("Source") == "" {
			declared[i]["Source"] = name // declared shares its objects with host
		}
	}
	if len(binds) > 0 {
		host["Binds"] = texts(binds)
	}
}

// volumeBind mounts an existing volume as it was mounted. "nocopy" isn't needed: a volume with data isn't copied into.
func volumeBind(name, destination string, mount document) string {
	bind := name + ":" + destination
	if writable, told := mount["RW"].(bool); told && !writable {
		bind += ":ro"
	}
	return bind
}

// hasBind reports whether a bind ("source:destination[:options]") has this destination.
func hasBind(binds []string, destination string) bool {
	return slices.ContainsFunc(binds, func(bind string) bool {
		parts := strings.Split(bind, ":")
		return len(parts) > 1 && sameTarget(parts[1], destination)
	})
}

func sameTarget(a, b string) bool { return path.Clean(a) == path.Clean(b) }

// applyToHost lays the request over a HostConfig.
func (o CloneOptions) applyToHost(host document) {
	hosts := host.texts("ExtraHosts")
	for _, entry := range o.ExtraHosts {
		if !slices.Contains(hosts, entry) {
			hosts = append(hosts, entry)
		}
	}
	if len(o.ExtraHosts) > 0 {
		host["ExtraHosts"] = texts(hosts)
	}
	if o.AutoRemove {
		host["AutoRemove"] = true
	}
	o.applyLimits(host)
	if o.SkipNetwork {
		host["NetworkMode"] = "none"
	}
	if o.IgnorePorts || o.SkipNetwork {
		delete(host, "PortBindings")
		host["PublishAllPorts"] = false
	}
}

// applyLimits sets what the new container may use and when it is started again. What is so already stays as it is
// written, so that it counts as no change. A limit of swap counts the memory in, so that an old one would be too small or
// too large; the engine makes up another.
func (o CloneOptions) applyLimits(host document) {
	if o.Restart != "" {
		policy, err := parseRestart(o.Restart)
		if err != nil {
			policy.Name = container.RestartPolicyMode(o.Restart) // the engine says what is wrong
		}
		host["RestartPolicy"] = map[string]any{"Name": string(policy.Name), "MaximumRetryCount": whole(int64(policy.MaximumRetryCount))}
	}
	if o.Memory > 0 && o.Memory != host.number("Memory") {
		host["Memory"] = whole(o.Memory)
		delete(host, "MemorySwap")
	}
	if o.CPUs > 0 && int64(o.CPUs*1e9) != host.number("NanoCpus") {
		period, quota := cpuQuota(o.CPUs)
		host["CpuPeriod"], host["CpuQuota"] = whole(period), whole(quota)
		delete(host, "NanoCpus") // Docker wants one or the other, Podman's specification only knows the quota
	}
}

// whole is a number as a document has it.
func whole(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

// cpuQuota is a limit in cores as the kernel has it: microseconds of time on a CPU in each period.
func cpuQuota(cores float64) (period, quota int64) {
	if cores <= 0 {
		return 0, 0
	}
	const usual = 100_000
	return usual, int64(cores * usual)
}

// CloneHostConfig is a copy of a container's HostConfig with the options laid over it. It keeps every field, the
// restart policy too.
func CloneHostConfig(ref *container.HostConfig, opts CloneOptions) *container.HostConfig {
	clone := &container.HostConfig{}
	inspected, err := asDocument(map[string]any{"HostConfig": ref})
	if err != nil {
		return ref
	}
	host := hostSettings(inspected)
	opts.applyToHost(host)
	if host.into(clone) != nil { // it was made from the same type a moment ago
		return ref
	}
	return clone
}
