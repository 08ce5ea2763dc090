package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/network"

	"edged/engine/enginetest/archive"
	"edged/test/lab"
)

// TestCloneFidelity makes random containers and clones each to another image. Only what the new image's defaults
// changed may differ between the inspects of the old and the new one. EDGED_FIDELITY_N says how many, EDGED_FIDELITY_SEED
// which; 0 is a seed of the clock's.
func TestCloneFidelity(t *testing.T) {
	lab.Shared(t).EachEngine(t, func(t *testing.T, e lab.Engine) {
		f := newFidelity(t, e)
		seed := uint64(environNumber(t, "EDGED_FIDELITY_SEED", 1))
		if seed == 0 {
			seed = uint64(time.Now().UnixNano()>>10) & 0xffffff
		}
		t.Logf("EDGED_FIDELITY_SEED=%d", seed)
		for i := range environNumber(t, "EDGED_FIDELITY_N", 20) {
			t.Run(strconv.Itoa(i), func(t *testing.T) { f.check(t, rand.New(rand.NewPCG(seed, uint64(i)))) })
		}
	})
}

func environNumber(t *testing.T, name string, standard int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// fidelity is one engine with the two images and the networks of the test.
type fidelity struct {
	c      *ContainerClient
	old    map[string]any // configuration of the old image
	new    map[string]any // and of the new one, which differs in everything
	prefix string
	// rootless engines refuse some requests.
	rootless  bool
	neighbour string
}

func newFidelity(t *testing.T, e lab.Engine) *fidelity {
	t.Helper()
	c := testClient(t, e)
	f := &fidelity{c: c, prefix: lab.Name(t, "fid"), old: map[string]any{
		"Env": []string{"PATH=/bin", "SHARED=1", "CHANGED=old", "ONLYOLD=1"}, "Entrypoint": []string{"old", "entry"}, "Cmd": []string{"old"},
		"Labels": map[string]string{"shared": "1", "changed": "old", "onlyold": "1"}, "WorkingDir": "/old", "User": "app",
		"StopSignal": "SIGINT", "ExposedPorts": map[string]any{"7000/tcp": map[string]any{}},
		"Volumes":     map[string]any{"/oldvolume": map[string]any{}},
		"Healthcheck": map[string]any{"Test": []string{"CMD", "old"}, "Interval": 11e9},
	}, new: map[string]any{
		"Env": []string{"PATH=/bin", "SHARED=1", "CHANGED=new", "ONLYNEW=1"}, "Entrypoint": []string{"new", "entry"},
		"Cmd": []string{"newcmd"}, "Labels": map[string]string{"shared": "1", "changed": "new", "onlynew": "1"},
		"WorkingDir": "/new", "User": "root", "StopSignal": "SIGQUIT",
		"ExposedPorts": map[string]any{"7001/tcp": map[string]any{}}, "Volumes": map[string]any{"/newvolume": map[string]any{}},
		"Healthcheck": map[string]any{"Test": []string{"CMD", "new"}, "Timeout": 7e9},
	}}
	file := filepath.Join(t.TempDir(), "images.tar")
	data := archive.Pack(t, archive.Image{Name: f.image("old"), Config: f.old}, archive.Image{Name: f.image("new"), Config: f.new})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := c.LoadImages(t.Context(), file)
	if err != nil || len(names) != 2 {
		t.Fatalf("load images: %v, %v", names, err)
	}
	info, err := c.Client.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.rootless = slices.Contains(info.SecurityOptions, "name=rootless")
	f.networks(t)
	id := f.create(t, "other", cloneBody{create: document{
		"Image": f.image("old"), "Volumes": map[string]any{"/shared": map[string]any{}}, "HostConfig": map[string]any{"IpcMode": "shareable"},
	}})
	if f.rootless || c.IsPodman() { // names are resolved at the creation, and shown as ids
		f.neighbour = id
	}
	return f
}

// other is a container that others can have to do with.
func (f *fidelity) other() string { return cmp.Or(f.neighbour, f.prefix+"-other") }

func (f *fidelity) image(name string) string { return "localhost/" + f.prefix + ":" + name }

// networks makes three networks with subnets of their own, so that addresses can be fixed.
func (f *fidelity) networks(t *testing.T) {
	for i := range 3 {
		name := f.network(i)
		_, err := f.c.Client.NetworkCreate(t.Context(), name, network.CreateOptions{IPAM: &network.IPAM{
			Config: []network.IPAMConfig{{Subnet: f.subnet(i) + "0/24"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := f.c.Client.NetworkRemove(context.Background(), name); err != nil {
				t.Error(err)
			}
		})
	}
}

// subnet is the beginning of the addresses of network i, other ones in each process.
func (f *fidelity) subnet(i int) string { return fmt.Sprintf("10.213.%d.", 16*i+os.Getpid()%16) }

func (f *fidelity) network(i int) string { return fmt.Sprintf("%s-%d", f.prefix, i) }

func (f *fidelity) check(t *testing.T, r *rand.Rand) {
	g := newGenerator(r, f)
	old := f.create(t, "old", cloneBody{create: g.body, networks: g.networks, primary: g.primary})
	plan, err := f.c.PlanClone(t.Context(), old, CloneOptions{Image: f.image("new")})
	if err != nil {
		t.Fatalf("plan: %v\n%s", err, encode(t, g.body))
	}
	next, err := f.c.CreateNext(t.Context(), plan, f.prefix+"-next", map[string]string{"asked": "1"})
	if err != nil {
		t.Fatalf("create next: %v\n%s\n%s", err, encode(t, g.body), encode(t, plan.body.create))
	}
	f.removeLater(t, next)
	before, after := f.inspect(t, old), f.inspect(t, next)
	for _, difference := range f.compareHidden(t, old, next) {
		t.Error(difference)
	}
	for _, difference := range f.compare(before, after, f.expected(t, g)) {
		t.Error(difference)
	}
	if t.Failed() {
		t.Logf("request: %s\nclone: %s", encode(t, g.body), encode(t, plan.body.create))
	}
}

// create makes a container as the generator wants it. A request that the engine refuses is a fault of the generator.
func (f *fidelity) create(t *testing.T, name string, body cloneBody) string {
	t.Helper()
	id, err := f.c.createBody(t.Context(), f.prefix+"-"+name, body)
	if err != nil {
		t.Fatalf("create %s: %v\n%s", name, err, encode(t, body.create))
	}
	f.removeLater(t, id)
	return id
}

func (f *fidelity) removeLater(t *testing.T, id string) {
	t.Cleanup(func() {
		if err := f.c.discard(context.Background(), id); err != nil {
			t.Error(err)
		}
	})
}

func (f *fidelity) inspect(t *testing.T, id string) document {
	t.Helper()
	d, err := f.c.inspectDocument(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// compare knows nothing of how the clone works: the HostConfig, the mounts and the networks must be the same, and the
// Config must be the expected one.
func (f *fidelity) compare(before, after, expected document) []string {
	var out []string
	delete(after.object("HostConfig", "PortBindings"), "7001/tcp") // published by Podman if all are, and new
	for _, inspect := range []document{before, after} {
		if links := inspect.object("HostConfig").texts("Links"); len(links) > 0 { // shown as "/target:/own/alias"
			own := inspect.text("Name") + "/"
			inspect.object("HostConfig")["Links"] = texts(strings.Split(strings.ReplaceAll(strings.Join(links, "\n"), own, ""), "\n"))
		}
	}
	sortBindings(before.object("HostConfig", "PortBindings"))
	sortBindings(after.object("HostConfig", "PortBindings"))
	out = append(out, diff("HostConfig", strip(before.object("HostConfig"), "Binds", "Mounts"), strip(after.object("HostConfig"), "Binds", "Mounts"))...)
	out = append(out, f.compareMounts(before, after)...)
	out = append(out, compareNetworks(before, after)...)
	return append(out, diff("Config", expected, settled(after.object("Config"), after))...)
}

// expected is the Config of a container of the same request and the new image, as this engine makes it.
func (f *fidelity) expected(t *testing.T, g *generator) document {
	t.Helper()
	request := g.body.copy()
	request["Image"] = f.image("new")
	reference := f.create(t, "reference", cloneBody{create: request, networks: g.networks, primary: g.primary})
	inspect := f.inspect(t, reference)
	config := settled(inspect.object("Config"), inspect)
	config.section("Labels")["asked"] = "1"
	return config
}

// settled drops from a Config what has no meaning beyond its container, and brings the environment into no order.
func settled(config, inspect document) document {
	config = strip(config, "Image")
	env := envMap(config)
	if config.text("Hostname") == inspect.text("Id")[:12] {
		delete(config, "Hostname")
		delete(env, "HOSTNAME")
	}
	config["Env"] = map[string]any(env)
	return config
}

func strip(d document, keys ...string) document {
	d = d.copy()
	for _, key := range keys {
		delete(d, key)
	}
	return d
}

// compareMounts wants each of the old mounts in the new container, with the same volume behind it.
func (f *fidelity) compareMounts(before, after document) []string {
	var out []string
	made := after.objects("Mounts")
	for _, mount := range before.objects("Mounts") {
		i := slices.IndexFunc(made, func(m document) bool { return m.text("Destination") == mount.text("Destination") })
		if i < 0 {
			out = append(out, "lost mount "+mount.text("Destination"))
			continue
		}
		out = append(out, diff("Mounts "+mount.text("Destination"), strip(mount, "Mode"), strip(made[i], "Mode"))...)
	}
	for _, mount := range made {
		destination := mount.text("Destination")
		known := slices.ContainsFunc(before.objects("Mounts"), func(m document) bool { return m.text("Destination") == destination })
		if !known && destination != "/newvolume" {
			out = append(out, "new mount "+destination)
		}
	}
	for _, bind := range before.object("HostConfig").texts("Binds") {
		if !slices.Contains(after.object("HostConfig").texts("Binds"), bind) {
			out = append(out, "lost bind "+bind)
		}
	}
	for i, mount := range before.object("HostConfig").objects("Mounts") {
		now := after.object("HostConfig").objects("Mounts")[i]
		if mount.text("Source") == "" {
			now = strip(now, "Source")
		}
		out = append(out, diff("HostConfig.Mounts", mount, now)...)
	}
	return out
}

// compareHidden compares what only Podman's files have.
func (f *fidelity) compareHidden(t *testing.T, old, next string) []string {
	if !f.c.IsPodman() {
		return nil
	}
	var hidden [2][]string
	for i, id := range []string{old, next} {
		native, err := f.c.nativeDocument(t.Context(), "/containers/"+id+"/json")
		if err != nil {
			t.Fatal(err)
		}
		found, err := readPodmanHidden(native)
		if err != nil {
			t.Fatal(err)
		}
		hidden[i] = found.exclusive()
	}
	if !slices.Equal(hidden[0], hidden[1]) {
		return []string{fmt.Sprintf("fixed was %q, is %q", hidden[0], hidden[1])}
	}
	return nil
}

func compareNetworks(before, after document) []string {
	keep := func(inspect document) document {
		networks := inspect.object("NetworkSettings", "Networks").copy()
		for name := range networks {
			endpoint := strip(networks.object(name), "NetworkID", "EndpointID", "DNSNames") // the last has the container's own name
			own := []string{inspect.text("Id")[:12], inspect.object("Config").text("Hostname")}
			aliases := slices.DeleteFunc(endpoint.texts("Aliases"), func(a string) bool { return slices.Contains(own, a) })
			slices.Sort(aliases)
			endpoint["Aliases"] = texts(aliases)
			networks[name] = map[string]any(endpoint)
		}
		return networks
	}
	return diff("Networks", keep(before), keep(after))
}

// diff lists the paths at which two JSON values differ. Nothing and an empty value are the same.
func diff(path string, a, b any) []string {
	x, isObject := asMap(a)
	y, isObjectToo := asMap(b)
	if isObject && isObjectToo || isObject && b == nil || a == nil && isObjectToo {
		var out []string
		for key := range maps.Keys(union(x, y)) {
			out = append(out, diff(path+"."+key, x[key], y[key])...)
		}
		return out
	}
	if same(a, b) || reflect.DeepEqual(fmt.Sprint(a), fmt.Sprint(b)) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v, now %v", path, a, b)}
}

func asMap(v any) (document, bool) {
	switch v := v.(type) {
	case document:
		return v, true
	case map[string]any:
		return v, true
	}
	return nil, false
}

func union(a, b document) document {
	out := maps.Clone(a)
	if out == nil {
		out = document{}
	}
	maps.Copy(out, b)
	return out
}

// testClient connects to an engine of the lab.
func testClient(t testing.TB, e lab.Engine) *ContainerClient {
	t.Helper()
	c, err := NewContainerClient(t.Context(), WithHost(e.Host), WithAttempts(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// generator makes one random request.
type generator struct {
	*rand.Rand
	f        *fidelity
	body     document
	networks map[string]document
	primary  string
}

func newGenerator(r *rand.Rand, f *fidelity) *generator {
	g := &generator{Rand: r, f: f, body: document{"Image": f.image("old")}, networks: map[string]document{}}
	for _, part := range [][]func(*generator){configParts(), hostParts(), resourceParts(), mountParts()} {
		for _, apply := range part {
			if r.IntN(4) == 0 {
				apply(g)
			}
		}
	}
	g.network()
	if g.host().text("IpcMode") == "host" && f.c.IsPodman() {
		delete(g.host(), "ShmSize") // refused there
	}
	return g
}

func (g *generator) host() document { return g.body.section("HostConfig") }

func (g *generator) pick(values ...any) any { return values[g.IntN(len(values))] }

func (g *generator) word() string {
	return strings.ToLower(string(rune('A'+g.IntN(26)))) + strconv.Itoa(g.IntN(1000))
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
