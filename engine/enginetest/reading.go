package enginetest

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/engine"
)

// reading has the promises about detection, lists and lookups.
func reading() []behaviour {
	return []behaviour{
		{"Detected", detected},
		{"ListFilters", listFilters},
		{"ListFormats", listFormats},
		{"ListHealth", listHealth},
		{"GetContainer", getContainer},
		{"LookupProject", lookupProject},
		{"StateCreatedRunningExited", stateCreatedRunningExited},
		{"SelfOutside", selfOutside},
		{"SharedNetwork", sharedNetwork},
	}
}

func detected(t *testing.T, target Target) {
	c := target.Client
	if c.Engine.Type == engine.EngineUnknown || c.Engine.Version == "" {
		t.Errorf("capabilities %+v", c.Engine)
	}
	if c.IsPodman() != (c.LibPod != nil) || c.Engine.HasLibPodAPI != (c.LibPod != nil) {
		t.Errorf("libpod client %v with capabilities %+v", c.LibPod, c.Engine)
	}
	probe := engine.NewLibPodHTTPClient(c.Host())
	if err := probe.Test(within(t)); c.IsPodman() && err != nil || !c.IsPodman() && !errors.Is(err, engine.ErrPodmanAPIError) {
		t.Errorf("libpod probe: %v", err)
	}
	if backend := probe.GetEventsBackend(within(t)); (backend != "") != c.IsPodman() {
		t.Errorf("events backend %q", backend)
	}
}

func listFilters(t *testing.T, target Target) {
	one, two := name(t, "-one"), name(t, "-one-more")
	target.create(t, engine.CreateSpec{Name: one, Image: "idle:1", Labels: map[string]string{"suite": one, "color": "red"}})
	target.create(t, engine.CreateSpec{Name: two, Image: "idle:1", Labels: map[string]string{
		"suite": one, "color": "blue", "com.docker.compose.project": "suite", "com.docker.compose.service": "two",
	}})
	id := target.state(t, two).ID
	mine := []string{"suite=" + one}
	tests := []struct {
		name    string
		options engine.FilterOptions
		want    []string
	}{
		{"label", engine.FilterOptions{Labels: mine}, []string{one, two}},
		{"labels must all be there", engine.FilterOptions{Labels: []string{mine[0], "color=blue"}}, []string{two}},
		{"whole name", engine.FilterOptions{Names: []string{one}}, []string{one}},
		{"part of a name", engine.FilterOptions{Names: []string{strings.TrimSuffix(one, "-one")}}, nil},
		{"name pattern", engine.FilterOptions{Names: []string{one + "(-more)?"}}, []string{one, two}},
		{"names are alternatives", engine.FilterOptions{Names: []string{one, two}}, []string{one, two}},
		{"id", engine.FilterOptions{IDs: []string{id}}, []string{two}},
		{"short id", engine.FilterOptions{IDs: []string{id[:12]}}, []string{two}},
		{"inner part of an id", engine.FilterOptions{IDs: []string{id[1:13]}}, nil},
		{"type", engine.FilterOptions{Labels: mine, Types: []string{engine.ContainerGroupType}}, []string{two}},
		{"exclude name", engine.FilterOptions{Labels: mine, ExcludeNames: []string{"more$"}}, []string{one}},
		{"exclude service name", engine.FilterOptions{Labels: mine, ExcludeNames: []string{"^suite@two$"}}, []string{one}},
		{"exclude label", engine.FilterOptions{Labels: mine, ExcludeWithLabel: []string{"com.docker.compose.project"}}, []string{one}},
		{"nothing fits", engine.FilterOptions{Labels: []string{"suite=none"}}, nil},
	}
	for _, test := range tests {
		items, err := target.Client.List(within(t), test.options)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var got []string
		for _, item := range items {
			got = append(got, item.Container.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
	for _, options := range []engine.FilterOptions{{Names: []string{"("}}, {ExcludeNames: []string{"("}}} {
		if _, err := target.Client.List(within(t), options); err == nil {
			t.Errorf("%+v: invalid pattern accepted", options)
		}
	}
}

func listFormats(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{
		Image: "idle:1", Labels: map[string]string{"com.docker.compose.project": "p", "com.docker.compose.service": "s"},
		Ports: []string{"127.0.0.1::80"},
	})
	items, err := target.Client.List(within(t), engine.FilterOptions{Names: []string{made}})
	if err != nil || len(items) != 1 {
		t.Fatalf("list: %v, %v", items, err)
	}
	item := items[0]
	c := item.Container
	if item.Name != "p@s" || item.Status != "up" || item.ServiceType != engine.ContainerGroupType {
		t.Errorf("service %q %q %q", item.Name, item.Status, item.ServiceType)
	}
	if c.State != "running" || !strings.HasPrefix(c.Status, "Up") || !strings.HasSuffix(c.RunningFor, " ago") {
		t.Errorf("state %q, status %q, running for %q", c.State, c.Status, c.RunningFor)
	}
	if c.Networks == "" || len(c.NetworkIDs) != 1 || c.Image != target.Image("idle:1") || c.Filesystem != "" {
		t.Errorf("networks %q %v, image %q, filesystem %q", c.Networks, c.NetworkIDs, c.Image, c.Filesystem)
	}
	if !regexp.MustCompile(`^127\.0\.0\.1:\d+:80/tcp$`).MatchString(c.Ports) {
		t.Errorf("ports %q", c.Ports)
	}
	if created, err := time.Parse(time.RFC3339, c.CreatedAt); err != nil || time.Since(created) > patience {
		t.Errorf("created %q: %v", c.CreatedAt, err)
	}
	items, err = target.Client.List(within(t), engine.FilterOptions{Names: []string{made}, WithSize: true})
	if err != nil || len(items) != 1 || items[0].Container.Filesystem == "" {
		t.Errorf("list with sizes: %+v, %v", items, err)
	}
}

func listHealth(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "web:1"})
	if err := target.Client.WaitForHealthy(within(t), made); err != nil {
		t.Fatal(err)
	}
	item, err := target.Client.GetContainer(within(t), made)
	if err != nil || item.Health() != "healthy" {
		t.Errorf("health %q of %+v: %v", item.Health(), item, err)
	}
	if state := target.state(t, made); state.Health != "healthy" {
		t.Errorf("state %+v", state)
	}
}

func getContainer(t *testing.T, target Target) {
	made := target.create(t, engine.CreateSpec{Image: "idle:1"})
	id := target.state(t, made).ID
	for _, key := range []string{made, "/" + made, id, id[:12]} {
		if got, err := target.Client.GetContainer(within(t), key); err != nil || got.Container.Id != id {
			t.Errorf("get %q: %+v, %v", key, got, err)
		}
	}
	for _, key := range []string{"suite-no-such", strings.Repeat("e", 64)} {
		if _, err := target.Client.GetContainer(within(t), key); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("get %q: %v", key, err)
		}
	}
}

func lookupProject(t *testing.T, target Target) {
	project := name(t, "")
	for _, service := range []string{"db", "db-backup"} {
		target.create(t, engine.CreateSpec{Name: project + "-" + service, Image: "idle:1", Labels: map[string]string{
			"com.docker.compose.project": project, "com.docker.compose.service": service,
		}})
	}
	for service, want := range map[string]int{"": 2, "db": 1, "no": 0} {
		got, err := target.Client.LookupProject(within(t), project, service)
		if err != nil || len(got) != want {
			t.Errorf("service %q: %d containers, want %d, %v", service, len(got), want, err)
		}
	}
}

func stateCreatedRunningExited(t *testing.T, target Target) {
	labels := map[string]string{"com.docker.compose.project": "p", "com.docker.compose.service": "s"}
	made := target.create(t, engine.CreateSpec{Image: "exits:1", Labels: labels})
	s := target.state(t, made)
	if s.Status != "created" || s.Running || !s.StartedAt.IsZero() || !s.FinishedAt.IsZero() {
		t.Errorf("created: %+v", s)
	}
	if s.Name != made || s.Image != target.Image("exits:1") || s.ImageID == "" || s.Group != "p" || s.Service != "s" {
		t.Errorf("created: %+v", s)
	}
	if err := target.Client.StartContainer(within(t), made); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.WaitForStop(within(t), made); err != nil {
		t.Fatal(err)
	}
	s = target.state(t, made)
	if s.Status != "exited" || s.ExitCode != 3 || s.Health != "" || s.StartedAt.IsZero() || s.FinishedAt.IsZero() {
		t.Errorf("exited: %+v", s)
	}
	if n, err := target.Client.GetRestartCount(within(t), made); n != 0 || err != nil {
		t.Errorf("restart count %d, %v", n, err)
	}
	if _, err := target.Client.State(within(t), "suite-no-such"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("state of nothing: %v", err)
	}
}

func selfOutside(t *testing.T, target Target) {
	if self, err := target.Client.Self(within(t)); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("self: %+v, %v", self.ContainerJSONBase, err)
	}
}

func sharedNetwork(t *testing.T, target Target) {
	network := name(t, "")
	t.Cleanup(func() {
		if err := target.Client.Client.NetworkRemove(after(t), network); err != nil {
			t.Error(err)
		}
	})
	if gateway := target.Client.GetNetworkGateway(within(t), network); gateway != "" {
		t.Errorf("gateway of nothing %q", gateway)
	}
	failed := make(chan error)
	for range 4 {
		go func() { failed <- target.Client.CreateSharedNetwork(t.Context(), network) }()
	}
	for range 4 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if gateway := target.Client.GetNetworkGateway(within(t), network); strings.Count(gateway, ".") != 3 {
		t.Errorf("gateway %q", gateway)
	}
}
