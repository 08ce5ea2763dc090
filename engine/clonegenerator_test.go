package engine

import (
	"fmt"
	"os"
	"strconv"

	"github.com/docker/docker/api/types/versions"
)

// configParts set what a user sets of Config.
func configParts() []func(*generator) {
	return []func(*generator){
		func(g *generator) { g.body["Env"] = []any{"MINE=" + g.word(), "CHANGED=mine", "EMPTY="} },
		func(g *generator) { g.body["Env"] = []any{"SPACES= a b = c ", "UNICODE=ü✓"} },
		func(g *generator) { g.body["Cmd"] = []any{"my", "command", g.word()} },
		func(g *generator) { g.body["Entrypoint"] = []any{"/my entry", "-x"} },
		func(g *generator) { g.body["Entrypoint"] = []any{"/entry"}; g.body["Cmd"] = []any{"a b", "c"} },
		func(g *generator) {
			g.body["Labels"] = map[string]any{"mine": g.word(), "changed": "mine", "empty": ""}
		},
		func(g *generator) { g.body["WorkingDir"] = "/" + g.word() },
		func(g *generator) { g.body["User"] = g.pick("1000", "nobody", "1000:1000", "0:0") },
		func(g *generator) { g.body["StopSignal"] = g.pick("SIGTERM", "SIGUSR1", "SIGKILL") },
		func(g *generator) { g.body["StopTimeout"] = g.IntN(100) },
		func(g *generator) { g.body["Tty"] = true },
		func(g *generator) { g.body["OpenStdin"] = true },
		func(g *generator) { g.body["Hostname"] = g.word() },
		func(g *generator) { g.body["Hostname"] = g.word(); g.body["Domainname"] = "example.org" },
		func(g *generator) { g.body["ExposedPorts"] = map[string]any{"9100/udp": map[string]any{}} },
		func(g *generator) { g.body["Volumes"] = map[string]any{"/mine": map[string]any{}} },
		func(g *generator) { g.body["Healthcheck"] = map[string]any{"Test": []any{"NONE"}} },
		func(g *generator) {
			g.body["Healthcheck"] = map[string]any{"Test": []any{"CMD-SHELL", "true"}, "Interval": 3e9, "Timeout": 2e9, "Retries": 4, "StartPeriod": 5e9}
		},
		onDocker("1.44", func(g *generator) {
			g.body["Healthcheck"] = map[string]any{"Test": []any{"CMD", "true"}, "StartPeriod": 5e9, "StartInterval": 1e9}
		}),
		onDocker("", func(g *generator) { g.body["AttachStdin"], g.body["StdinOnce"], g.body["OpenStdin"] = true, true, true }),
		onDocker("", func(g *generator) { g.body["Shell"] = []any{"/bin/mine", "-c"} }),
	}
}

// hostParts set what a user sets of HostConfig but limits and mounts.
func hostParts() []func(*generator) {
	return []func(*generator){
		func(g *generator) {
			g.host()["RestartPolicy"] = map[string]any{"Name": g.pick("always", "unless-stopped")}
		},
		func(g *generator) {
			g.host()["RestartPolicy"] = map[string]any{"Name": "on-failure", "MaximumRetryCount": g.IntN(9)}
		},
		func(g *generator) { g.host()["CapAdd"] = []any{"CAP_NET_ADMIN", "CAP_SYS_TIME"} },
		func(g *generator) { g.host()["CapDrop"] = []any{"CAP_CHOWN"} },
		func(g *generator) { g.host()["Privileged"] = true },
		func(g *generator) { g.host()["ReadonlyRootfs"] = true },
		func(g *generator) { g.host()["SecurityOpt"] = []any{"no-new-privileges"} },
		func(g *generator) { g.host()["SecurityOpt"] = []any{"seccomp=unconfined"} },
		func(g *generator) { g.host()["Dns"] = []any{"10.1.1.1"}; g.host()["DnsSearch"] = []any{"example.org"} },
		func(g *generator) { g.host()["DnsOptions"] = []any{"ndots:3"} },
		func(g *generator) { g.host()["ExtraHosts"] = []any{"a:1.2.3.4", "b:fd00::1"} },
		func(g *generator) { g.host()["GroupAdd"] = []any{"1234"} },
		func(g *generator) { g.host()["OomScoreAdj"] = g.IntN(1000) },
		func(g *generator) { g.host()["PidMode"] = "host" },
		func(g *generator) {
			modes := []any{"shareable", "private"}
			if fileExists("/dev/mqueue") { // not on every machine, and Podman wants it for the host's
				modes = append(modes, "host")
			}
			g.host()["IpcMode"] = g.pick(modes...)
		},
		func(g *generator) {
			g.host()["UTSMode"] = "host"
			delete(g.body, "Hostname")
			delete(g.body, "Domainname")
		},
		func(g *generator) { g.host()["UsernsMode"] = "host" },
		func(g *generator) { g.host()["ShmSize"] = 1 << 20 * (1 + g.IntN(100)) },
		func(g *generator) { g.host()["Sysctls"] = map[string]any{"net.ipv4.ip_forward": "1"} },
		func(g *generator) {
			g.host()["LogConfig"] = map[string]any{"Type": "json-file", "Config": map[string]any{"max-size": "1m"}}
		},
		func(g *generator) { g.host()["LogConfig"] = map[string]any{"Type": "none"} },
		func(g *generator) {
			g.host()["PortBindings"] = map[string]any{
				"9000/tcp": []any{map[string]any{"HostPort": fmt.Sprint(20000 + g.IntN(1000))}},
				"9001/udp": []any{map[string]any{"HostIp": "127.0.0.1", "HostPort": fmt.Sprint(21000 + g.IntN(1000))}},
			}
			g.body.section("ExposedPorts")["9000/tcp"] = map[string]any{}
			g.body.section("ExposedPorts")["9001/udp"] = map[string]any{}
		},
		func(g *generator) {
			g.host()["PortBindings"] = map[string]any{"7000/tcp": []any{
				map[string]any{"HostIp": "127.0.0.1", "HostPort": "22000"}, map[string]any{"HostIp": "127.0.0.2", "HostPort": "22001"},
			}}
			g.body["ExposedPorts"] = map[string]any{"7000/tcp": map[string]any{}} // as the docker command does
		},
		func(g *generator) {
			if !g.f.c.IsPodman() { // it needs a program of its own for that, which isn't on every machine
				g.host()["Init"] = true
			}
		},
		func(g *generator) { // ranges, and what the image exposes
			g.host()["PortBindings"] = map[string]any{"7000/tcp": []any{map[string]any{"HostPort": "23000-23010"}}}
			g.body["ExposedPorts"] = map[string]any{"7000/tcp": map[string]any{}}
			if g.f.c.IsPodman() { // it takes no range for one port
				delete(g.host(), "PortBindings")
			}
			g.host()["PublishAllPorts"] = true
		},
		func(g *generator) { g.host()["SecurityOpt"] = []any{"apparmor=unconfined"} },
		func(g *generator) { g.host()["SecurityOpt"] = []any{"label=disable"} },
		onDocker("", func(g *generator) {
			g.host()["SecurityOpt"] = []any{`seccomp={"defaultAction":"SCMP_ACT_ALLOW"}`, "label=role:mine"}
		}),
		func(g *generator) { g.host()["CgroupnsMode"] = g.pick("host", "private") },
		onDocker("", func(g *generator) { g.host()["Runtime"] = g.pick("runc", "io.containerd.runc.v2") }),
		onDocker("1.43", func(g *generator) { g.host()["Annotations"] = map[string]any{"com.example.mine": g.word()} }),
		onDocker("", func(g *generator) {
			g.host()["DeviceRequests"] = []any{map[string]any{"Driver": "nvidia", "Count": g.IntN(4) - 1,
				"Capabilities": []any{[]any{"gpu", "utility"}}, "Options": map[string]any{"a": "b"}}}
		}),
		onDocker("", func(g *generator) {
			g.host()["DeviceRequests"] = []any{map[string]any{"Driver": "", "DeviceIDs": []any{"0", g.word()},
				"Capabilities": []any{[]any{"gpu"}}}}
		}),
		func(g *generator) { g.host()["VolumesFrom"] = []any{g.f.other() + ":ro"} },
		onDocker("", func(g *generator) {
			g.host()["Links"] = []any{g.f.other() + ":alias"}
			delete(g.host(), "UTSMode") // refused beside it
		}),
		onDocker("", func(g *generator) { g.host()["ContainerIDFile"] = "/run/" + g.word() }),
		onDocker("", func(g *generator) { g.host()["VolumeDriver"] = "local" }),
		onDocker("", func(g *generator) { g.host()["IpcMode"] = "container:" + g.f.other() }),
		func(g *generator) { g.host()["PidMode"] = "container:" + g.f.other() },
		onDocker("", func(g *generator) {
			g.host()["LogConfig"] = g.pick(
				map[string]any{"Type": "local", "Config": map[string]any{"max-size": "1m", "max-file": "3"}},
				map[string]any{"Type": "syslog", "Config": map[string]any{"syslog-address": "udp://127.0.0.1:1", "tag": g.word()}},
				map[string]any{"Type": "json-file", "Config": map[string]any{"labels": "a,b", "mode": "non-blocking", "max-buffer-size": "1m"}})
		}),
		func(g *generator) { g.host()["CgroupParent"] = "/edged-" + g.word() },
		func(g *generator) { g.host()["AutoRemove"] = true; delete(g.host(), "RestartPolicy") },
		func(g *generator) {
			g.host()["MaskedPaths"] = []any{"/proc/kcore"}
			g.host()["ReadonlyPaths"] = []any{}
		},
	}
}

// resourceParts set limits.
func resourceParts() []func(*generator) {
	return []func(*generator){
		func(g *generator) { g.host()["Memory"] = 64<<20 + g.IntN(1<<20)*4096 },
		func(g *generator) { g.host()["Memory"] = 64 << 20; g.host()["MemorySwap"] = 128 << 20 },
		func(g *generator) { g.host()["Memory"] = 64 << 20; g.host()["MemorySwap"] = -1 },
		func(g *generator) { g.host()["MemoryReservation"] = 32 << 20 },
		func(g *generator) { g.host()["NanoCpus"] = 500000000 },
		func(g *generator) { g.host()["CpuShares"] = 2 + g.IntN(2000) },
		func(g *generator) {
			delete(g.host(), "NanoCpus")
			g.host()["CpuPeriod"], g.host()["CpuQuota"] = 100000, 50000
		},
		func(g *generator) { g.host()["CpusetCpus"] = "0" },
		func(g *generator) { g.host()["PidsLimit"] = 10 + g.IntN(100) },
		func(g *generator) { g.host()["OomKillDisable"] = true; g.host()["Memory"] = 64 << 20 },
		func(g *generator) {
			g.host()["Ulimits"] = []any{map[string]any{"Name": "nofile", "Soft": 100, "Hard": 200 + g.IntN(100)},
				map[string]any{"Name": "core", "Soft": 0, "Hard": 0}}
		},
		func(g *generator) {
			g.host()["Devices"] = []any{map[string]any{"PathOnHost": "/dev/null", "PathInContainer": "/dev/mynull", "CgroupPermissions": "rw"}}
		},
		func(g *generator) {
			if !g.f.rootless { // refused there
				g.host()["DeviceCgroupRules"] = []any{"c 42:* rmw"}
			}
		},
		func(g *generator) { g.host()["BlkioWeight"] = 100 + g.IntN(900) },
		func(g *generator) {
			if disk := anyDisk(); disk != "" {
				limit := []any{map[string]any{"Path": disk, "Rate": 1 << 20}}
				g.host()["BlkioDeviceReadBps"], g.host()["BlkioDeviceWriteIOps"] = limit, limit
			}
		},
		func(g *generator) { g.host()["MemorySwappiness"] = g.IntN(100) },
		func(g *generator) { g.host()["CpusetMems"] = "0" },
		func(g *generator) {
			g.host()["Devices"] = []any{map[string]any{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/zero", "CgroupPermissions": "rwm"}}
		},
	}
}

// mountParts set mounts of every kind.
func mountParts() []func(*generator) {
	bind := func(entry string) func(*generator) {
		return func(g *generator) { g.host()["Binds"] = append(asList(g.host()["Binds"]), entry) }
	}
	mount := func(entry map[string]any) func(*generator) {
		return func(g *generator) { g.host()["Mounts"] = append(asList(g.host()["Mounts"]), entry) }
	}
	return []func(*generator){
		bind("/usr:/bind"), bind("/usr:/bindro:ro"), bind("/usr:/bindslave:rslave"), bind("/usr:/bindz:ro,rprivate"),
		bind("edged-fidelity:/named"), bind("edged-fidelity:/namedro:ro"),
		mount(map[string]any{"Type": "volume", "Target": "/anonymous"}),
		mount(map[string]any{"Type": "volume", "Source": "edged-fidelity", "Target": "/mounted", "ReadOnly": true}),
		mount(map[string]any{"Type": "bind", "Source": "/usr", "Target": "/mountbind", "BindOptions": map[string]any{"Propagation": "rshared"}}),
		mount(map[string]any{"Type": "tmpfs", "Target": "/mounttmp", "TmpfsOptions": map[string]any{"SizeBytes": 1 << 20, "Mode": 0o700}}),
		func(g *generator) { g.host()["Tmpfs"] = map[string]any{"/tmpfs": "size=1m", "/tmpfs2": ""} },
		bind("edged-fidelity:/uncopied:nocopy"), bind("/usr:/bindshared:rshared"),
		onDocker("", mount(map[string]any{"Type": "volume", "Target": "/labelled", "VolumeOptions": map[string]any{
			"NoCopy": true, "Labels": map[string]any{"a": "b"}}})),
		onDocker("", mount(map[string]any{"Type": "volume", "Source": "edged-fidelity-driver", "Target": "/driver", "VolumeOptions": map[string]any{
			"DriverConfig": map[string]any{"Name": "local", "Options": map[string]any{"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}}})),
		onDocker("", mount(map[string]any{"Type": "bind", "Source": "/usr", "Target": "/flat", "ReadOnly": true, "Consistency": "cached",
			"BindOptions": map[string]any{"NonRecursive": true, "Propagation": "private"}})),
	}
}

// onDocker sets what Podman's Docker API doesn't take, on engines of at least an API version.
func onDocker(api string, set func(*generator)) func(*generator) {
	return func(g *generator) {
		if !g.f.c.IsPodman() && versions.GreaterThanOrEqualTo(g.f.c.Client.ClientVersion(), api) {
			set(g)
		}
	}
}

// anyDisk is a block device of the machine, which Podman 5.8 wants for a limit, or empty.
func anyDisk() string {
	disks, _ := os.ReadDir("/sys/block")
	for _, d := range disks {
		if path := "/dev/" + d.Name(); fileExists(path) {
			return path
		}
	}
	return ""
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// network puts the container into a network mode, or into some of the test's networks.
func (g *generator) network() {
	switch mode := g.IntN(9); mode {
	case 0:
		g.host()["NetworkMode"] = "none"
		g.withoutPorts()
	case 1:
		g.host()["NetworkMode"] = "host"
		g.withoutPorts()
		delete(g.host(), "Sysctls")
		delete(g.host(), "Links")
	case 2: // the engine's default
	case 3:
		g.host()["NetworkMode"] = "container:" + g.f.other()
		g.withoutPorts()
		for _, key := range []string{"Links", "Sysctls", "Dns", "DnsSearch", "DnsOptions", "ExtraHosts", "UTSMode"} {
			delete(g.host(), key)
		}
		for _, key := range []string{"Hostname", "Domainname", "ExposedPorts"} {
			delete(g.body, key)
		}
	default:
		g.joinNetworks()
	}
}

func (g *generator) withoutPorts() {
	delete(g.host(), "PortBindings")
	delete(g.host(), "PublishAllPorts")
}

func (g *generator) joinNetworks() {
	g.primary = g.f.network(0)
	g.host()["NetworkMode"] = g.primary
	for i := range 1 + g.IntN(3) {
		endpoint := document{}
		if g.IntN(2) == 0 {
			endpoint["Aliases"] = []any{"alias-" + g.word()}
		}
		if g.IntN(3) == 0 {
			endpoint["IPAMConfig"] = map[string]any{"IPv4Address": g.f.subnet(i) + strconv.Itoa(2+g.IntN(250))}
		}
		if g.IntN(4) == 0 && !g.f.c.IsPodman() {
			endpoint["DriverOpts"] = map[string]any{"com.example.option": g.word()}
		}
		if g.IntN(4) == 0 && !g.f.c.IsPodman() && i > 0 {
			endpoint["Links"] = []any{g.f.other() + ":near"}
		}
		if g.IntN(4) == 0 {
			onDocker("1.44", func(g *generator) { endpoint["MacAddress"] = fmt.Sprintf("02:aa:bb:cc:ee:%02x", g.IntN(256)) })(g)
		}
		if g.IntN(4) == 0 {
			onDocker("1.48", func(g *generator) { endpoint["GwPriority"] = g.IntN(9) })(g)
		}
		g.networks[g.f.network(i)] = endpoint
	}
	_, given := g.networks[g.primary]["MacAddress"]    // the two must not differ
	if g.IntN(3) == 0 && !given && !g.f.c.IsPodman() { // what Podman doesn't show, see quirks.go
		g.body["MacAddress"] = fmt.Sprintf("02:aa:bb:cc:dd:%02x", g.IntN(256))
	}
}
