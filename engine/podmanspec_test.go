package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"edged/test/lab"
)

// TestClonePodmanCommand clones containers that the podman command made, with what only Podman has. Its own inspect must
// be the same before and after.
func TestClonePodmanCommand(t *testing.T) {
	env := lab.Shared(t)
	if env.PodmanHost == "" {
		t.Skip("the lab has no Podman")
	}
	e := lab.Engine{Name: "podman", Host: env.PodmanHost}
	c := testClient(t, e)
	network, ids := lab.Name(t, "net"), "0:100000:5000"
	if env.Rootless {
		ids = "0:1:5000" // counted among the user's own
	}
	e.Run(t, "network", "create", "--subnet", "10.214.7.0/24", network)
	t.Cleanup(func() {
		if _, err := e.Try(context.Background(), "network", "rm", "--force", network); err != nil {
			t.Error(err)
		}
	})
	for name, flags := range map[string][]string{
		"plain":       nil,
		"process":     {"--umask", "0077", "--stop-timeout", "3", "--stop-signal", "SIGUSR1", "--timeout", "900"},
		"annotations": {"--annotation", "com.example.mine=1", "--label", "mine=1", "--cidfile", t.TempDir() + "/cid"},
		"address":     {"--network", network + ":ip=10.214.7.77,mac=92:d0:c6:0a:29:33,alias=mine"},
		"oldaddress":  {"--network", network, "--ip", "10.214.7.78", "--mac-address", "92:d0:c6:0a:29:34", "--network-alias", "mine"},
		"namespaces":  {"--pid", "host", "--ipc", "private", "--uts", "host", "--cgroupns", "private"},
		"host":        {"--network", "host"},
		"none":        {"--network", "none"},
		"userns":      {"--uidmap", ids, "--gidmap", ids, "--ipc", "none"},
		"mounts":      {"--volume", "/usr:/mine:ro", "--tmpfs", "/tmpfs:size=1m", "--volume", "/anonymous", "--read-only"},
		"ports":       {"--publish", "127.0.0.1:24001-24003:8001-8003/tcp", "--expose", "9100/udp"},
		"security":    {"--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined", "--cap-add", "NET_ADMIN", "--cap-drop", "CHOWN"},
		"privileged":  {"--privileged"},
		"device":      {"--device", "/dev/null:/dev/mynull:rw"},
		"limits":      {"--memory", "64m", "--memory-swap", "128m", "--cpus", "0.5", "--pids-limit", "99", "--ulimit", "nofile=100:200", "--ulimit", "nproc=9000:9000", "--cpu-shares", "77"},
		"health":      {"--health-cmd", "true", "--health-interval", "17s", "--health-retries", "7", "--restart", "on-failure:3"},
		"logging":     {"--log-driver", "none"},
		"files":       {"--add-host", "a:1.2.3.4", "--dns", "10.1.1.1", "--dns-search", "example.org", "--dns-opt", "ndots:3", "--group-add", "1234"},
		"terminal":    {"--tty", "--interactive", "--hostname", "mine", "--workdir", "/bin", "--user", "0:0"},
		"entrypoint":  {"--entrypoint", `["sh", "-c", "sleep 1000"]`},
		"systemd":     {"--systemd", "always"},
		"sysctl":      {"--sysctl", "net.ipv4.ip_default_ttl=77"},
	} {
		t.Run("podman/"+name, func(t *testing.T) {
			if name == "privileged" && env.Rootless {
				t.Skip("runc can't give a user's container the devices of this machine")
			}
			old, next := lab.Name(t, "old"), lab.Name(t, "next")
			t.Cleanup(func() { e.Remove(t, old); e.Remove(t, next) })
			e.Run(t, slices.Concat([]string{"create", "--name", old}, flags, []string{env.Image("web:1")})...)
			e.Run(t, "start", old)
			clonePodman(t, c, env, old, next)
		})
	}
}

func clonePodman(t *testing.T, c *ContainerClient, env *lab.Env, old, next string) {
	t.Helper()
	plan, err := c.PlanClone(t.Context(), old, CloneOptions{Image: env.Image("web:1")})
	if err != nil {
		t.Fatal(err)
	}
	exclusive := map[string]int{"/plain": 0, "/address": 2, "/oldaddress": 2, "/ports": 3}
	if want, given := exclusive[strings.TrimPrefix(t.Name(), "TestClonePodmanCommand")]; given && len(plan.Exclusive) != want {
		t.Errorf("exclusive %q, want %d", plan.Exclusive, want)
	}
	if err := c.StopContainer(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	id, err := c.CreateNext(t.Context(), plan, next, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, encode(t, newPodmanSpec(next, plan.source, plan.body)))
	}
	before := nativeSettings(t, c, plan.OldID)
	if err := c.StartContainer(t.Context(), id); err != nil {
		t.Fatalf("start: %v\n%s", err, encode(t, newPodmanSpec(next, plan.source, plan.body)))
	}
	if text, err := (lab.Engine{Name: "podman", Host: env.PodmanHost}).Try(t.Context(), "exec", next, "cat", "/proc/sys/net/ipv4/ip_default_ttl"); strings.HasSuffix(t.Name(), "/sysctl") && strings.TrimSpace(text) != "77" {
		t.Errorf("sysctl is %q (%v)", text, err)
	}
	for _, difference := range diff("", before, nativeSettings(t, c, id)) {
		t.Error(difference)
	}
	if shown := plan.source.native.object("NetworkSettings", "Networks"); strings.Contains(t.Name(), "address") {
		running := must(c.nativeDocument(t.Context(), "/containers/"+id+"/json")).object("NetworkSettings", "Networks")
		for name := range shown {
			for _, key := range []string{"IPAddress", "MacAddress"} {
				if was, is := shown.object(name).text(key), running.object(name).text(key); was != is || was == "" {
					t.Errorf("%s in %s: was %s, is %s", key, name, was, is)
				}
			}
		}
	}
}

// nativeSettings is Podman's own inspect without what belongs to the one container.
func nativeSettings(t *testing.T, c *ContainerClient, id string) document {
	t.Helper()
	inspect, err := c.nativeDocument(t.Context(), "/containers/"+id+"/json")
	if err != nil {
		t.Fatal(err)
	}
	config, host := strip(inspect.object("Config"), "CreateCommand"), inspect.object("HostConfig").copy()
	env := envMap(config)
	if config.text("Hostname") == shortID(id) {
		delete(config, "Hostname")
		delete(env, "HOSTNAME")
	}
	config["Env"] = map[string]any(env)
	config["Annotations"] = map[string]any(userAnnotations(config))
	delete(host.object("LogConfig"), "Path")
	delete(host, "Annotations") // those of Config once more
	sortTexts(host, "Binds")
	networks := document{}
	for name := range inspect.object("NetworkSettings", "Networks") {
		aliases := inspect.object("NetworkSettings", "Networks", name).texts("Aliases")
		aliases = slices.DeleteFunc(aliases, func(a string) bool { return a == shortID(id) })
		networks[name] = strings.Join(slices.Sorted(slices.Values(aliases)), " ")
	}
	return document{
		"Config": config, "HostConfig": host, "Networks": networks, "OCIRuntime": inspect["OCIRuntime"],
		"Caps": inspect["EffectiveCaps"], "Path": inspect["Path"], "Args": inspect["Args"],
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestClonePodmanRefuses(t *testing.T) {
	for field, native := range map[string]document{
		"Pod":            {"Pod": "123"},
		"Rootfs":         {"Rootfs": "/srv"},
		"Config.Secrets": {"Config": map[string]any{"Secrets": []any{map[string]any{"Name": "s"}}}},
		"Mounts.image":   {"Mounts": []any{map[string]any{"Type": "image"}}},
	} {
		s := &cloneSource{container: document{}, native: native}
		if err := s.refuse(); !errors.Is(err, ErrNotCarried) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestPodmanSpecUserNamespace(t *testing.T) {
	for name, test := range map[string]struct {
		host document
		want map[string]any
	}{
		"none":    {document{"UsernsMode": ""}, nil},
		"host":    {document{"UsernsMode": "host"}, map[string]any{"nsmode": "host", "value": ""}},
		"keep-id": {document{"UsernsMode": "keep-id:uid=5"}, map[string]any{"nsmode": "keep-id", "value": "uid=5"}},
		"keep-id shown as private": {document{"UsernsMode": "private", "IDMappings": map[string]any{
			"UidMap": []any{"0:1:1000", "1000:1000:1", "1001:1001:64536"}}}, map[string]any{"nsmode": "keep-id", "value": ""}},
		"private": {document{"UsernsMode": "private", "IDMappings": map[string]any{
			"UidMap": []any{"0:100000:65536"}}}, map[string]any{"nsmode": "private", "value": ""}},
	} {
		p := &podmanSpec{spec: document{}}
		p.userNamespace(test.host)
		got, _ := p.spec["userns"].(map[string]any)
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
