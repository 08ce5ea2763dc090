package engine

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
)

func newLibPodFake(t *testing.T) (*fake, *SocketClient) {
	t.Helper()
	f := newFake(t)
	f.podman()
	return f, NewLibPodHTTPClient(strings.TrimPrefix(f.host, "unix://"))
}

func TestLibPodTest(t *testing.T) {
	_, c := newLibPodFake(t)
	if err := c.Test(t.Context()); err != nil {
		t.Error(err)
	}
	if err := NewLibPodHTTPClient(newFake(t).host).Test(t.Context()); !errors.Is(err, ErrPodmanAPIError) {
		t.Errorf("Docker: %v", err)
	}
	if err := NewLibPodHTTPClient("/no/such/socket").Test(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("no socket: %v", err)
	}
	if err := NewLibPodHTTPClient("ssh://host").Test(t.Context()); err == nil {
		t.Error("ssh accepted")
	}
}

func TestLibPodInspectAndInfo(t *testing.T) {
	f, c := newLibPodFake(t)
	f.answer(libpodPath+"/info", `{"host":{"eventLogger":"journald"}}`)
	f.answer(libpodPath+"/containers/web/json", `{"HostConfig":{"UsernsMode":"keep-id","IDMappings":{"UIDMap":["0:1:1000"]}}}`)
	if got := c.GetEventsBackend(t.Context()); got != "journald" {
		t.Errorf("backend %q", got)
	}
	got, err := c.ContainerInspect(t.Context(), "web")
	if err != nil || got.HostConfig.UsernsMode != "keep-id" || got.HostConfig.IDMappings.UIDMap[0] != "0:1:1000" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := c.ContainerInspect(t.Context(), "gone"); !errors.Is(err, ErrNotFound) {
		t.Errorf("gone: %v", err)
	}
}

func TestLibPodPull(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"done", `{"stream":"Copying"}` + "\n" + `{"images":["sha256:1"],"id":"sha256:1"}` + "\n", ""},
		{"refused inside the stream", `{"stream":"Trying"}` + "\n" + `{"error":"manifest unknown"}` + "\n", "manifest unknown"},
		{"cut off", `{"stream":`, "unexpected EOF"},
		{"junk", "<html>\n", "invalid character"},
		{"endless line", strings.Repeat("x", maxLine+2), "longer than"},
	}
	for _, test := range tests {
		f, c := newLibPodFake(t)
		f.HandleFunc("POST "+libpodPath+"/images/pull", func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("reference") != "img" || q.Get("policy") != "always" || r.Header.Get("X-Registry-Auth") != "secret" {
				t.Errorf("asked %v with %q", q, r.Header.Get("X-Registry-Auth"))
			}
			io.WriteString(w, test.answer)
		})
		options := PodmanPullOptions{PullOptions: image.PullOptions{RegistryAuth: "secret"}}
		err := c.PullImages(t.Context(), "img", true, options)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestLibPodPrune(t *testing.T) {
	f, c := newLibPodFake(t)
	f.answer("POST "+libpodPath+"/images/prune", `[{"Id":"a","Size":10},{"Id":"b","Size":5},{"Id":"c","Err":"in use"}]`)
	report, err := c.PruneImages(nil)
	if len(report.ImagesDeleted) != 2 || report.SpaceReclaimed != 15 || err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestPodmanAPIPullOptions(t *testing.T) {
	o := (&PodmanAPIPullOptions{Reference: "a"}).WithQuiet(true).WithAllTags(false).WithPolicy("newer")
	if got, want := o.query().Encode(), "allTags=false&policy=newer&quiet=true&reference=a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGateway(t *testing.T) {
	tests := []struct {
		name    string
		configs []network.IPAMConfig
		want    string
	}{
		{"named", []network.IPAMConfig{{Subnet: "10.1.0.0/16", Gateway: "10.1.0.254"}}, "10.1.0.254"},
		{"IPv6 first", []network.IPAMConfig{{Subnet: "fd00::/64", Gateway: "fd00::1"}, {Subnet: "10.2.0.0/16", Gateway: "10.2.0.1"}}, "10.2.0.1"},
		{"not named", []network.IPAMConfig{{Subnet: "fd00::/64"}, {Subnet: "10.3.4.0/24"}}, "10.3.4.1"},
		{"only IPv6", []network.IPAMConfig{{Subnet: "fd00::/64", Gateway: "fd00::1"}}, ""},
		{"host network", nil, ""},
	}
	for _, test := range tests {
		if got := gateway(test.configs); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestCreateSharedNetworkTakesDoubleBack(t *testing.T) {
	f := newFake(t)
	lists := []string{`[]`, `[{"Id":"mine"},{"Id":"theirs"}]`, `[{"Id":"theirs"}]`}
	f.HandleFunc("GET /networks", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, lists[0])
		lists = lists[1:]
	})
	f.answer("POST /networks/create", `{"Id":"mine"}`)
	removed := ""
	f.HandleFunc("DELETE /networks/{id}", func(_ http.ResponseWriter, r *http.Request) { removed = r.PathValue("id") })
	if err := f.client(t).CreateSharedNetwork(t.Context(), "n"); err != nil || removed != "mine" || len(lists) != 0 {
		t.Errorf("%v, removed %q, %d lists left", err, removed, len(lists))
	}
}

func TestLookups(t *testing.T) {
	for key, want := range map[string]string{
		"web": "name", "/web": "name", "a.b": "name", "beef": "name,id", strings.Repeat("ab", 6): "id,name", "ABCDEF012345": "name",
	} {
		got := ""
		for _, options := range lookups(key) {
			if len(options.IDs) > 0 {
				got += ",id"
			} else {
				got += ",name"
			}
		}
		if got[1:] != want {
			t.Errorf("%s: got %s, want %s", key, got[1:], want)
		}
	}
}
