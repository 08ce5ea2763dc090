package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edged/test/lab"
)

// TestClonePodmanService clones containers that were made through Podman's API. What no API shows of them must be there
// in the new one when it runs.
func TestClonePodmanService(t *testing.T) {
	env := lab.Shared(t)
	if env.PodmanHost == "" {
		t.Skip("the lab has no Podman")
	}
	e := lab.Engine{Name: "podman", Host: env.PodmanHost}
	c := testClient(t, e)
	const address, mac = "10.214.9.77", "92:d0:c6:0a:29:35"
	for _, runs := range []bool{true, false} {
		t.Run(fmt.Sprintf("runs=%v", runs), func(t *testing.T) {
			old, next, network := lab.Name(t, "old"), lab.Name(t, "next"), lab.Name(t, "net")
			e.Run(t, "network", "create", "--subnet", "10.214.9.0/24", network)
			t.Cleanup(func() {
				e.Remove(t, old)
				e.Remove(t, next)
				if _, err := e.Try(context.Background(), "network", "rm", "--force", network); err != nil {
					t.Error(err)
				}
			})
			_, err := c.post(t.Context(), c.LibPod.BaseURL+"/containers/create", document{
				"name": old, "image": env.Image("idle:1"), "sysctl": map[string]any{"net.ipv4.ip_default_ttl": "77"},
				"netns": map[string]any{"nsmode": "bridge"}, "networks": map[string]any{network: map[string]any{
					"static_ips": []any{address}, "static_mac": mac, "aliases": []any{"mine"},
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			e.Run(t, "start", old)
			if !runs {
				e.Run(t, "stop", "--time", "0", old)
			}
			plan, err := c.PlanClone(t.Context(), old, CloneOptions{Image: env.Image("printenv:1")})
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"address " + address + " in " + network, "mac " + mac}; !slices.Equal(plan.Exclusive, want) {
				t.Errorf("exclusive %q, want %q", plan.Exclusive, want)
			}
			id, err := c.CreateNext(t.Context(), plan, next, nil)
			if err == nil {
				err = errors.Join(c.StopContainer(t.Context(), old), c.StartContainer(t.Context(), id))
			}
			if err != nil {
				t.Fatal(err)
			}
			shown := must(c.nativeDocument(t.Context(), "/containers/"+id+"/json")).object("NetworkSettings", "Networks", network)
			if shown.text("IPAddress") != address || shown.text("MacAddress") != mac {
				t.Errorf("it has %s and %s, want %s and %s", shown.text("IPAddress"), shown.text("MacAddress"), address, mac)
			}
			if ttl := e.Run(t, "exec", next, "cat", "/proc/sys/net/ipv4/ip_default_ttl"); strings.TrimSpace(ttl) != "77" {
				t.Errorf("sysctl is %q", ttl)
			}
		})
	}
}

// TestPodmanHidden reads databases as both kinds have an endpoint in them, with what is left of earlier ones.
func TestPodmanHidden(t *testing.T) {
	const id = "0476155d30ed1e2f02b9677a821996a70d84947aee56cd536ce78d75c6ccfb69"
	const own, others = `{"static_ips":["10.0.0.7"],"aliases":["x","0476155d30ed"],"interface_name":"eth0"}`, `{"static_ips":["10.0.0.9"],"aliases":["ffffffffffff"]}`
	for name, tt := range map[string]struct {
		bolt, sqlite string
		used         string // address in use
		command      []any
		want         string
		fails        bool
	}{
		"bolt":             {bolt: "junk{\x00front" + others + "state{}\x00front" + own + "state{", want: "address 10.0.0.7 in front"},
		"sqlite":           {sqlite: `{"newNetworks":{"front":` + own + `,"back":{"aliases":["0476155d30ed"]}}`, want: "address 10.0.0.7 in front"},
		"mac":              {bolt: `back{"aliases":["0476155d30ed"],"static_mac":"02:aa:00:00:00:01"}`, want: "mac 02:aa:00:00:00:01"},
		"longest name":     {bolt: "upfront" + own, want: "address 10.0.0.7 in upfront"},
		"without an alias": {bolt: `front{"static_ips":["10.0.0.8"]}`, used: "10.0.0.8", want: "address 10.0.0.8 in front"},
		"an earlier one":   {bolt: `front{"static_ips":["10.0.0.8"],"aliases":["0476155d30ed"]}front` + own, used: "10.0.0.7", want: "address 10.0.0.7 in front"},
		"somebody else's":  {bolt: "front" + others},
		"another network":  {bolt: "side" + own},
		"contradiction":    {bolt: `front{"static_ips":["10.0.0.8"],"aliases":["0476155d30ed"]}front` + own, fails: true},
		"broken off":       {bolt: `front{"static_ips":["10.0.0.8"`},
		"no object":        {bolt: `"static_ips":["10.0.0.8"]`},
		"by the command":   {bolt: "front" + own, command: []any{"podman", "run", "service"}},
		"by the service":   {bolt: "front" + own, command: []any{"/usr/bin/podman", "system", "service"}, want: "address 10.0.0.7 in front"},
		"nothing":          {},
	} {
		t.Run(name, func(t *testing.T) {
			storage := t.TempDir()
			for file, text := range map[string]string{"libpod/bolt_state.db": tt.bolt, "db.sql": tt.sqlite, "config.json": `{"linux":{"sysctl":{"a.b":"1"}}}`} {
				path := filepath.Join(storage, file)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			hidden, err := readPodmanHidden(document{
				"Id": id, "StaticDir": storage + "/overlay-containers/" + id + "/userdata", "OCIConfigPath": storage + "/config.json",
				"Config": map[string]any{"CreateCommand": tt.command},
				"NetworkSettings": map[string]any{"Networks": map[string]any{
					"front": map[string]any{"IPAddress": tt.used}, "upfront": map[string]any{}, "back": map[string]any{},
				}},
			})
			if errors.Is(err, ErrNotCarried) != tt.fails || !tt.fails && err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(hidden.exclusive(), ", "); got != tt.want && !tt.fails {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			if byCommand := name == "by the command"; (hidden.sysctls.text("a.b") == "1") == byCommand {
				t.Errorf("sysctls %v", hidden.sysctls)
			}
		})
	}
}
