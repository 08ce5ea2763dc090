package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"edged/core/report"
	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
)

// plain is a container of no group.
func plain(id, name, state, health string) watch.Container {
	return watch.Container{ID: id, Name: name, State: state, Health: health, Detail: engine.TedgeContainer{
		Name: name, ServiceType: engine.ContainerType, Container: engine.Container{Id: id, Name: name, State: state},
	}}
}

// member is one of the containers of shop@web.
func member(id, name, state, health string) watch.Container {
	c := plain(id, name, state, health)
	c.Detail.Name, c.Detail.ServiceType = "shop@web", engine.ContainerGroupType
	return c
}

// words writes records as text, one word each.
func words(records []report.Record) string {
	var out []string
	for _, r := range records {
		switch r := r.(type) {
		case report.Service:
			out = append(out, "service:"+r.Name+":"+r.Type)
		case report.Health:
			out = append(out, fmt.Sprintf("%s:%s", r.Service, r.Status))
		case report.Twin:
			out = append(out, "twin:"+r.Service+":"+r.Value.(engine.Container).Id)
		case report.Gone:
			out = append(out, "gone:"+r.Service)
		default:
			out = append(out, fmt.Sprintf("%T", r))
		}
	}
	return strings.Join(out, " ")
}

func TestServices(t *testing.T) {
	type step struct {
		change watch.Container
		gone   bool
		want   string
	}
	const next, prev = update.SuffixNext, update.SuffixPrev
	tests := map[string][]step{
		"a life": {
			{plain("a", "web", "created", ""), false, "service:web:container web:down twin:web:a"},
			{plain("a", "web", "running", "starting"), false, "web:unknown twin:web:a"},
			{plain("a", "web", "running", "healthy"), false, "web:up"},
			{plain("a", "web", "running", "healthy"), false, ""},
			{plain("a", "web", "running", "unhealthy"), false, "web:down"},
			{plain("a", "web", "exited", ""), false, "twin:web:a"},
			{plain("a", "web", "exited", ""), true, "gone:web"},
			{plain("a", "web", "exited", ""), true, ""},
		},
		"a rename": {
			{plain("a", "web", "running", ""), false, "service:web:container web:up twin:web:a"},
			{plain("a", "shop", "running", ""), false, "gone:web service:shop:container shop:up twin:shop:a"},
		},
		"replicas": {
			{member("a", "shop-web-1", "running", ""), false, "service:shop@web:container-group shop@web:up twin:shop@web:a"},
			{member("b", "shop-web-2", "running", ""), false, ""},
			{member("a", "shop-web-1", "exited", ""), false, "twin:shop@web:b"},
			{member("b", "shop-web-2", "running", "unhealthy"), false, "shop@web:down"},
			{member("a", "shop-web-1", "running", ""), false, "shop@web:up twin:shop@web:a"},
			{member("a", "shop-web-1", "running", ""), true, "shop@web:down twin:shop@web:b"},
			{member("b", "shop-web-2", "exited", ""), true, "gone:shop@web"},
		},
		"an update": {
			{plain("a", "web", "running", "healthy"), false, "service:web:container web:up twin:web:a"},
			{plain("b", "web"+next, "created", ""), false, ""},
			{plain("a", "web", "exited", ""), false, "web:down twin:web:a"},
			{plain("a", "web"+prev, "exited", ""), false, ""},
			{plain("b", "web", "created", ""), false, "twin:web:b"},
			{plain("b", "web", "running", "starting"), false, "web:unknown twin:web:b"},
			{plain("b", "web", "running", "healthy"), false, "web:up"},
			{plain("a", "web"+prev, "exited", ""), true, ""},
		},
		"an update that is rolled back": {
			{plain("a", "web", "exited", ""), false, "service:web:container web:down twin:web:a"},
			{plain("a", "web"+prev, "exited", ""), false, ""},
			{plain("b", "web", "running", ""), false, "web:up twin:web:b"},
			{plain("b", "web", "exited", ""), false, "web:down twin:web:b"},
			{plain("b", "web"+next, "exited", ""), false, "twin:web:a"},
			{plain("a", "web", "running", ""), false, "web:up twin:web:a"},
			{plain("b", "web"+next, "exited", ""), true, ""},
		},
		"an update of a group's container": {
			{member("a", "shop-web-1", "running", ""), false, "service:shop@web:container-group shop@web:up twin:shop@web:a"},
			{member("b", "shop-web-1"+next, "created", ""), false, ""},
			{member("a", "shop-web-1"+prev, "exited", ""), false, "shop@web:down twin:shop@web:a"},
			{member("b", "shop-web-1", "running", ""), false, "shop@web:up twin:shop@web:b"},
			{member("a", "shop-web-1"+prev, "exited", ""), true, ""},
		},
		"excluded": {
			{plain("a", "secret", "running", ""), false, ""},
			{plain("a", "secret"+prev, "running", ""), false, ""},
			{plain("a", "web", "running", ""), false, "service:web:container web:up twin:web:a"},
			{plain("a", "secret", "running", ""), false, "gone:web"},
			{plain("a", "secret", "running", ""), true, ""},
		},
	}
	filter, err := NewFilter(Pick{}, Pick{Names: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServices(filter.excludes, true)
			for i, step := range steps {
				got := words(s.apply(watch.Change{Container: step.change, Gone: step.gone}, time.Now()))
				if got != step.want {
					t.Errorf("step %d: told %q, want %q", i, got, step.want)
				}
			}
			if last := steps[len(steps)-1]; strings.HasPrefix(last.want, "gone") && !strings.Contains(last.want, " ") && len(s.byName)+len(s.of) != 0 {
				t.Errorf("left over: %v, %v", s.byName, s.of)
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	tests := []struct {
		state, health string
		want          report.Status
	}{
		{"running", "", report.Up}, {"running", "healthy", report.Up},
		{"running", "starting", report.Unknown}, {"running", "unhealthy", report.Down},
		{"created", "", report.Down}, {"paused", "", report.Down}, {"restarting", "", report.Down},
		{"removing", "", report.Down}, {"exited", "", report.Down}, {"dead", "", report.Down},
	}
	for _, tt := range tests {
		if got := statusOf(plain("a", "web", tt.state, tt.health)); got != tt.want {
			t.Errorf("%s/%s is %s, want %s", tt.state, tt.health, got, tt.want)
		}
	}
}

func TestFilter(t *testing.T) {
	f, err := NewFilter(Pick{}, Pick{Labels: []string{"hidden", "tier=test"}, Names: []string{"tmp-.*", "one|two"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		labels map[string]string
		want   bool
	}{
		{"web", nil, false},
		{"web", map[string]string{"hidden": ""}, true},
		{"web", map[string]string{"tier": "test"}, true},
		{"web", map[string]string{"tier": "tests"}, false},
		{"tmp-1", nil, true},
		{"my-tmp-1", nil, false},
		{"two", nil, true},
		{"two2", nil, false},
		{"two" + update.SuffixNext, nil, true},
		{"two" + update.SuffixPrev, nil, true},
	}
	for _, tt := range tests {
		if got := f.matches(tt.name, tt.labels); got != tt.want {
			t.Errorf("%s %v: excluded %v, want %v", tt.name, tt.labels, got, tt.want)
		}
	}
	if _, err := NewFilter(Pick{}, Pick{Names: []string{"("}}); err == nil || !strings.Contains(err.Error(), "exclude_names") {
		t.Errorf("err = %v, want one that names the setting", err)
	}
}

func TestFilterIncludes(t *testing.T) {
	group := map[string]string{projectLabel: "shop", "site": "north"}
	tests := []struct {
		include Pick
		name    string
		labels  map[string]string
		want    bool
	}{
		{Pick{Names: []string{"app-.*"}}, "app-1", nil, false},
		{Pick{Names: []string{"app-.*"}}, "db", nil, true},
		{Pick{Labels: []string{"site"}}, "db", nil, true},
		{Pick{Labels: []string{"site=south"}}, "db", group, true},
		{Pick{Labels: []string{"site=north", "other"}}, "db", group, false},
		{Pick{Types: []string{"container"}}, "db", group, true},
		{Pick{Types: []string{"container"}}, "db", nil, false},
		{Pick{Types: []string{"container-group"}}, "db", group, false},
		{Pick{Types: []string{"container-group"}, Names: []string{"x"}}, "db", group, true},
		{Pick{Names: []string{"never"}}, "never", nil, true}, // to exclude is stronger
	}
	for _, tt := range tests {
		f, err := NewFilter(tt.include, Pick{Names: []string{"never"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.matches(tt.name, tt.labels); got != tt.want {
			t.Errorf("%+v, %s %v: excluded %v, want %v", tt.include, tt.name, tt.labels, got, tt.want)
		}
	}
	if _, err := NewFilter(Pick{Names: []string{"("}}, Pick{}); err == nil || !strings.Contains(err.Error(), "include_names") {
		t.Errorf("err = %v, want one that names the setting", err)
	}
}

// Software management may know a project by another name than compose does.
func TestModuleNames(t *testing.T) {
	c := member("a", "shop-web-1", "running", "")
	c.Detail.Name, c.Detail.Container.ProjectName, c.Detail.Container.ServiceName = "store@web", "shop", "web"
	for modules, want := range map[bool]string{true: "store@web", false: "shop@web"} {
		if got, kind := newServices(nil, modules).nameOf(c); got != want || kind != engine.ContainerGroupType {
			t.Errorf("module names %t: %s %s, want %s", modules, got, kind, want)
		}
	}
}
