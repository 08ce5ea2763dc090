package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

func TestNewTedgeContainer(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	item := &container.Summary{
		ID: "c1", Names: []string{"/other/web", "/web"}, Image: "img", Command: "main", Created: now.Unix() - 7200,
		Ports: []container.Port{{PrivatePort: 80, Type: "tcp"}},
		State: "running", Status: "Up 2 hours (health: starting)", Labels: map[string]string{"a": "b"},
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{
			"z": {NetworkID: "nz"}, "a": {NetworkID: "na"}, "lost": nil,
		}},
	}
	item.HostConfig.NetworkMode = "z"
	got := newTedgeContainer(item, now, func(string) string { t.Error("looked for a module"); return "" })
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	created := now.Add(-2 * time.Hour).Format(time.RFC3339)
	want := `{"name":"web","status":"up","serviceType":"container","container":{"containerId":"c1","state":"running",` +
		`"containerStatus":"Up 2 hours (health: starting)","createdAt":"` + created + `","image":"img","ports":"80/tcp",` +
		`"networks":"a,lost,z","runningFor":"2 hours ago","command":"main","networkMode":"z"},"time":1700000000}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if !slices.Equal(got.Container.NetworkIDs, []string{"na", "nz"}) || got.Health() != "starting" {
		t.Errorf("networks %v, health %q", got.Container.NetworkIDs, got.Health())
	}
}

func TestNewTedgeContainerOfGroup(t *testing.T) {
	dir := t.TempDir()
	item := &container.Summary{
		Labels: map[string]string{labelProject: "p", labelService: "s", labelWorkingDir: dir}, State: "exited",
		SizeRw: 1500, SizeRootFs: 2_500_000,
	}
	got := NewContainerFromDockerContainer(item)
	if got.Name != "p@s" || got.ServiceType != ContainerGroupType || got.Status != "down" || got.Container.Filesystem != "1.5kB (virtual 2.5MB)" {
		t.Errorf("got %+v", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "version"), []byte("1.0\nmodule\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := NewContainerFromDockerContainer(item); got.Name != "module@s" || got.Container.ModuleName != "module" {
		t.Errorf("got %+v", got)
	}
}

func TestHealthFromStatus(t *testing.T) {
	for status, want := range map[string]string{
		"Up 3 minutes": "", "Up 3 minutes (healthy)": "healthy", "Up 1 second (unhealthy)": "unhealthy",
		"Up 1 second (health: starting)": "starting", "Up 3 minutes (Paused)": "", "Exited (0) 3 hours ago": "",
		"Exited (137) 1 second ago": "", "Created": "", "": "", "Restarting (1) 2 seconds ago": "", "Up (": "",
	} {
		if got := (TedgeContainer{Container: Container{Status: status}}).Health(); got != want {
			t.Errorf("%q: got %q, want %q", status, got, want)
		}
	}
}

func TestListAsksForSizesOnlyIfTold(t *testing.T) {
	f := newFake(t)
	var queries []string
	f.HandleFunc("/containers/json", func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.Query().Get("all")+r.URL.Query().Get("size")+r.URL.Query().Get("filters"))
		io.WriteString(w, `[{"Id":"abc","Names":["/web"]},{"Id":"def","Names":["/web2"]},{"Id":"ghi","Names":null}]`)
	})
	c := f.client(t)
	items, err := c.List(t.Context(), FilterOptions{})
	if err != nil || len(items) != 3 {
		t.Errorf("got %+v, %v", items, err)
	}
	items, err = c.List(t.Context(), FilterOptions{Names: []string{"web"}, WithSize: true})
	if err != nil || len(items) != 1 || items[0].Container.Id != "abc" {
		t.Errorf("got %+v, %v", items, err)
	}
	if want := []string{"1", `11{"name":{"^/?(?:web)$":true}}`}; !slices.Equal(queries, want) {
		t.Errorf("asked %q, want %q", queries, want)
	}
}

func TestListHealthOfPodman(t *testing.T) {
	f := newFake(t)
	f.podman()
	f.answer("/containers/json", `[{"Id":"a","Names":["/a"],"Status":"Up 1 second"},{"Id":"b","Names":["/b"],"Status":"Up 1 second"},`+
		`{"Id":"c","Names":["/c"],"Status":"Up 1 second (unhealthy)"},{"Id":"d","Names":["/d"],"Status":"Exited (0)"}]`)
	f.answer(libpodPath+"/containers/json", `[{"Id":"a","Status":"healthy"},{"Id":"b","Status":"starting"},{"Id":"c","Status":"unhealthy"}]`)
	items, err := f.client(t).List(t.Context(), FilterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range items {
		got = append(got, item.Container.Status+"="+item.Health())
	}
	want := []string{"Up 1 second (healthy)=healthy", "Up 1 second (health: starting)=starting", "Up 1 second (unhealthy)=unhealthy", "Exited (0)="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Podman calls a container stopped until it has tidied up after it, and sends no event then that Docker knows.
func TestListStatesOfPodman(t *testing.T) {
	f := newFake(t)
	f.podman()
	f.answer("/containers/json", `[{"Id":"a","Names":["/a"],"State":"stopped"},{"Id":"b","Names":["/b"],"State":"stopping"},`+
		`{"Id":"c","Names":["/c"],"State":"configured"},{"Id":"d","Names":["/d"],"State":"paused"}]`)
	f.answer(libpodPath+"/containers/json", `[]`)
	items, err := f.client(t).List(t.Context(), FilterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range items {
		got = append(got, item.Container.State+" "+item.Status)
	}
	if want := []string{"exited down", "running up", "created down", "paused down"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFormatPorts(t *testing.T) {
	ports := []container.Port{
		{PrivatePort: 80, Type: "tcp"}, {PrivatePort: 80, PublicPort: 8080, Type: "tcp"},
		{IP: "0.0.0.0", PrivatePort: 53, PublicPort: 53, Type: "udp"}, {IP: "::", PrivatePort: 53, PublicPort: 53, Type: "udp"},
	}
	if got, want := FormatPorts(ports), "80/tcp, 8080:80/tcp, 0.0.0.0:53:53/udp, [::]:53:53/udp"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := FormatPorts(nil); got != "" {
		t.Errorf("no ports: %q", got)
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  string
	}{{[]string{"/web"}, "web"}, {[]string{"/app/db", "/db"}, "db"}, {nil, ""}, {[]string{"/a/b"}, ""}} {
		if got := ConvertName(test.names); got != test.want {
			t.Errorf("%v: got %q", test.names, got)
		}
	}
	if project, service, ok := ParseContainerGroup("p@s@t"); project != "p" || service != "s@t" || !ok {
		t.Errorf("got %q %q %t", project, service, ok)
	}
	if _, _, ok := ParseContainerGroup("p"); ok {
		t.Error("a group without @")
	}
	if got := FormatLabels([]string{"a=b=c", "x", "d="}); len(got) != 2 || got["a"] != "b=c" || got["d"] != "" {
		t.Errorf("labels %v", got)
	}
	for state, want := range map[string]string{"running": "up", "up": "up", "paused": "down", "exited": "down", "": "down"} {
		if got := ConvertToTedgeStatus(state); got != want {
			t.Errorf("%q: got %q", state, got)
		}
	}
}

func TestJSONTime(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 500_000_000, time.UTC)
	for text, in := range map[string]JSONTime{"1714979289": NewJSONTime(at), `"2024-05-06T07:08:09Z"`: {Time: at, AsRFC3339: true}} {
		got, err := json.Marshal(in)
		if string(got) != text || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, text)
		}
		var back JSONTime
		if err := json.Unmarshal(got, &back); err != nil || !back.Equal(at.Truncate(time.Second)) || back.AsRFC3339 != in.AsRFC3339 {
			t.Errorf("back from %s: %+v, %v", text, back, err)
		}
	}
	var t1 JSONTime
	if err := json.Unmarshal([]byte("1714979289.5"), &t1); err != nil || !t1.Equal(at) {
		t.Errorf("fraction: %v, %v", t1, err)
	}
	for _, bad := range []string{`"yesterday"`, "true", "[]"} {
		if err := json.Unmarshal([]byte(bad), &t1); err == nil {
			t.Errorf("%s accepted", bad)
		}
	}
}

func TestIsEmpty(t *testing.T) {
	if !(FilterOptions{Types: []string{"container"}}).IsEmpty() {
		t.Error("client side filters count")
	}
	for _, fo := range []FilterOptions{{Names: []string{"a"}}, {Labels: []string{"a"}}, {IDs: []string{"a"}}} {
		if fo.IsEmpty() {
			t.Errorf("%+v is empty", fo)
		}
	}
}

// BenchmarkList200 lists 200 containers of a dozen labels each.
func BenchmarkList200(b *testing.B) {
	labels := make([]string, 12)
	for i := range labels {
		labels[i] = fmt.Sprintf(`"com.example.label%d":"some value of it"`, i)
	}
	items := make([]string, 200)
	for i := range items {
		items[i] = fmt.Sprintf(`{"Id":"%064d","Names":["/c%d"],"Image":"img","Created":1700000000,"State":"running","Status":"Up (healthy)",`+
			`"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":%d,"Type":"tcp"}],"Labels":{%s},`+
			`"NetworkSettings":{"Networks":{"bridge":{"NetworkID":"n"}}}}`, i, i, 8000+i, strings.Join(labels, ","))
	}
	f := newFake(b)
	f.answer("/containers/json", "["+strings.Join(items, ",")+"]")
	c := f.client(b)
	for b.Loop() {
		if list, err := c.List(b.Context(), FilterOptions{}); err != nil || len(list) != 200 {
			b.Fatal(len(list), err)
		}
	}
}
