// Package arch holds the tests of the structure: who may import whom. The rules
// are those of docs/architecture.md.
package arch

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
)

// owners are the only packages that may import a library, so that each library
// has one room and can be exchanged there.
var owners = []struct{ library, owner string }{
	{"github.com/docker/docker", "edged/engine"},
	{"github.com/eclipse/paho.mqtt.golang", "edged/core/mqtt"},
	{"github.com/yuin/gopher-lua", "edged/hooks/lua"},
	{"github.com/knadh/koanf", "edged/core/config"},
	{"github.com/spf13/cobra", "edged/cmd/edged"},
}

// allowed lists, for each part of edged, the parts that it may import. A part is
// named by its longest matching path; a part may always import itself.
var allowed = map[string][]string{
	"edged/engine":            {},
	"edged/engine/enginetest": {"edged/engine"},
	"edged/hooks":             {},
	"edged/hooks/lua":         {"edged/hooks", "edged/hooks/lua/vm"},
	"edged/hooks/lua/vm":      {},
	"edged/hooks/lua/luatest": {"edged/hooks", "edged/hooks/lua", "edged/hooks/lua/vm"},
	"edged/hooks/lua/check":   {"edged/hooks", "edged/hooks/lua", "edged/hooks/lua/vm"},
	"edged/hooks/lua/apidoc":  {"edged/hooks", "edged/hooks/lua", "edged/hooks/lua/luatest", "edged/hooks/lua/vm"},
	"edged/core/request":      {"edged/hooks"},
	"edged/core/report":       {"edged/core/request", "edged/core/state", "edged/hooks"},
	"edged/core/config":       {"edged/core/toml"},
	"edged/core/logging":      {},
	"edged/core/memory":       {},
	"edged/core/download":     {},
	"edged/core/unpack":       {},
	"edged/core/device":       {"edged/hooks"},
	"edged/core/state":        {"edged/hooks"},
	"edged/core/toml":         {},
	"edged/core/registry":     {"edged/core/toml", "edged/hooks"},
	"edged/core/supervise":    {},
	"edged/core/watch":        {"edged/engine"},
	"edged/core/policy":       {"edged/hooks", "edged/core/report", "edged/core/state"},
	"edged/core/update":       {"edged/engine", "edged/core/request"},
	"edged/core/mqtt":         {"edged/core/report", "edged/core/request", "edged/hooks"},
	"edged/core/api":          {"edged/core/request", "edged/hooks"},
	"edged/core": {
		"edged/core/api", "edged/core/device", "edged/core/download", "edged/core/policy", "edged/core/report", "edged/core/request",
		"edged/core/state", "edged/core/unpack", "edged/core/update", "edged/core/watch", "edged/engine", "edged/hooks",
	},
	"edged/cmd/edged": {"edged"},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f",
		`{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, "edged/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	seen := 0
	for lines.Scan() {
		from, to, ok := strings.Cut(lines.Text(), " ")
		if !ok || within(from, "edged/test") {
			continue
		}
		seen++
		checkOwner(t, from, to)
		checkPart(t, from, to)
	}
	if seen == 0 {
		t.Fatal("go list named no import at all")
	}
}

func checkOwner(t *testing.T, from, to string) {
	for _, o := range owners {
		if within(to, o.library) && !within(from, o.owner) {
			t.Errorf("%s imports %s; only %s may", from, to, o.owner)
		}
	}
}

func checkPart(t *testing.T, from, to string) {
	if !within(to, "edged") {
		return
	}
	part := partOf(from)
	if part == "" {
		t.Errorf("%s is in no part that the rules know; add it to docs/architecture.md and here", from)
		return
	}
	if partOf(to) == part {
		return
	}
	for _, a := range allowed[part] {
		if to == a || a == "edged" || within(to, a) && partOf(to) == a {
			return
		}
	}
	t.Errorf("%s imports %s; %s may import only %v", from, to, part, allowed[part])
}

// partOf is the longest part that pkg is in.
func partOf(pkg string) string {
	best := ""
	for part := range allowed {
		if within(pkg, part) && len(part) > len(best) {
			best = part
		}
	}
	return best
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
