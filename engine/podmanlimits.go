package engine

import (
	"math"
	"strings"
)

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
