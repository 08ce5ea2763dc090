package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// project writes the files of a compose project and gives its folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadImages(t *testing.T) {
	t.Setenv("FROM_PROCESS", "process")
	for name, test := range map[string]struct {
		files map[string]string
		paths []string
		want  string // separated by blanks; "error: x" for an error with that text
	}{
		"in order, each once": {map[string]string{"compose.yaml": "services:\n  b: {image: b:1}\n  a: {image: a}\n  c: {build: .}\n  d: {image: a}\n"}, nil, "b:1 a"},
		"named file":          {map[string]string{"my.yml": "services: {a: {image: a}}"}, []string{"my.yml"}, "a"},
		"override": {map[string]string{"1.yml": "services: {a: {image: a:1}, b: {image: b}}", "2.yml": "services: {a: {image: a:2}, c: {image: c}}"},
			[]string{"1.yml", "2.yml"}, "a:2 b c"},
		"variables": {map[string]string{".env": "TAG='7' # x\nexport OTHER=o # y\nFROM_PROCESS=file\n", "docker-compose.yml": "services:\n" +
			"  a: {image: \"a:${TAG}\"}\n  b: {image: \"b:${NONE:-${TAG}-x}\"}\n  c: {image: \"c:$FROM_PROCESS\"}\n  d: {image: \"d:${OTHER:+set}$$\"}\n"},
			nil, "a:7 b:7-x c:process d:set$"},
		"required variable": {map[string]string{"compose.yml": "services: {a: {image: \"${NONE:?say which}\"}}"}, nil, "error: say which"},
		"bad variable":      {map[string]string{"compose.yml": "services: {a: {image: \"${NONE\"}}"}, nil, "error: no }"},
		"profile":           {map[string]string{"compose.yaml": "services: {a: {image: a, profiles: [debug]}, b: {image: b}}"}, nil, "b"},
		"anchor":            {map[string]string{"compose.yaml": "x-a: &a {image: a}\nservices: {a: *a, b: {<<: *a}}"}, nil, "a"},
		"no images":         {map[string]string{"compose.yaml": "services: {a: {build: .}}"}, nil, ""},
		"no file":           {nil, nil, "error: no compose file"},
		"no such file":      {nil, []string{"/none.yml"}, "error: no such file"},
		"no YAML":           {map[string]string{"compose.yaml": "services: a: b: c"}, nil, "error: yaml"},
		"no services":       {map[string]string{"compose.yaml": "a: 1"}, nil, "error: no services"},
		"empty":             {map[string]string{"compose.yaml": ""}, nil, "error: empty"},
	} {
		t.Run(name, func(t *testing.T) {
			images, err := ReadImages(t.Context(), test.paths, project(t, test.files))
			if text, wantError := strings.CutPrefix(test.want, "error: "); wantError {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want %q", err, text)
				}
				return
			}
			if err != nil || !slices.Equal(images, strings.Fields(test.want)) || images == nil {
				t.Errorf("%q, %v; want %q", images, err, test.want)
			}
		})
	}
}

func TestEnsureExtraHost(t *testing.T) {
	const entry = "host.containers.internal:host-gateway"
	for name, test := range map[string]struct{ before, after string }{
		"none yet": {
			"# mine\nservices:\n  app: # the app\n    image: a # pinned\n",
			"# mine\nservices:\n  app: # the app\n    image: a # pinned\n    extra_hosts:\n      - " + entry + "\n",
		},
		"list": {
			"services:\n  app:\n    extra_hosts:\n      - other=1.2.3.4 # keep\n",
			"services:\n  app:\n    extra_hosts:\n      - other=1.2.3.4 # keep\n      - " + entry + "\n",
		},
		"mapping": {
			"services:\n  app:\n    extra_hosts:\n      other: 1.2.3.4\n",
			"services:\n  app:\n    extra_hosts:\n      other: 1.2.3.4\n      host.containers.internal: host-gateway\n",
		},
		"no value": {
			"services:\n  app:\n    extra_hosts:\n",
			"services:\n  app:\n    extra_hosts:\n      - " + entry + "\n",
		},
		"there with =":         {"services:\n  app:\n    extra_hosts: ['host.containers.internal=10.0.0.1']   # odd style\n", ""},
		"there with :":         {"services:\n  app:\n    extra_hosts: ['host.containers.internal:10.0.0.1']\n", ""},
		"there in a mapping":   {"services:\n  app:\n    extra_hosts: {host.containers.internal: 10.0.0.1}\n", ""},
		"a longer name counts": {"services:\n  app:\n    extra_hosts:\n      - host.containers.internal.x:1.1.1.1\n", "services:\n  app:\n    extra_hosts:\n      - host.containers.internal.x:1.1.1.1\n      - " + entry + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, map[string]string{"compose.yaml": test.before})
			path := filepath.Join(dir, "compose.yaml")
			if test.after == "" {
				test.after = test.before
			}
			for range 2 { // the second time there is nothing to do
				if err := EnsureExtraHost(t.Context(), []string{path}, dir, "host.containers.internal", "host-gateway"); err != nil {
					t.Fatal(err)
				}
				if text, err := os.ReadFile(path); err != nil || string(text) != test.after {
					t.Errorf("%v\n%s, want\n%s", err, text, test.after)
				}
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
				t.Errorf("%v, %v", files, err)
			}
		})
	}
}

func TestEnsureExtraHostElsewhere(t *testing.T) {
	dir := project(t, map[string]string{
		"1.yml": "services:\n  a: {image: a}\n  b: {image: b}\n",
		"2.yml": "services:\n  a:\n    extra_hosts: ['h:1.2.3.4']\n",
	})
	paths := []string{filepath.Join(dir, "1.yml"), filepath.Join(dir, "2.yml")}
	if err := EnsureExtraHost(t.Context(), paths, dir, "h", "5.6.7.8"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil || strings.Count(string(text), "h:5.6.7.8") != 1 || !strings.Contains(string(text), "b: {image: b, extra_hosts:") {
		t.Errorf("%v\n%s", err, text)
	}
	for name, paths := range map[string][]string{"no file": {"/none.yml"}, "no second file": {paths[0], "/none.yml"}} {
		if err := EnsureExtraHost(t.Context(), paths, dir, "h", "1.1.1.1"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := EnsureExtraHost(t.Context(), nil, dir, "h", "1.1.1.1"); err != nil {
		t.Errorf("no files: %v", err)
	}
}

func TestReadModuleName(t *testing.T) {
	dir := project(t, map[string]string{"version": "1.2.3\nmy module\nmore\n"})
	short := project(t, map[string]string{"version": "1.2.3\n"})
	for dir, want := range map[string]string{dir: "my module", short: "", "/none": "", "": ""} {
		if got := ReadModuleName(dir); got != want {
			t.Errorf("%q: %q, want %q", dir, got, want)
		}
	}
}
