package apidoc

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

//go:generate env EDGED_UPDATE=1 go test -count=1 -run TestWritten .

const root = "../../../"

// TestWritten compares what is written from the tables with the files;
// EDGED_UPDATE=1 writes them.
func TestWritten(t *testing.T) {
	manual5 := manual()
	for file, want := range map[string]string{
		"scripts/lua/edged.d.lua": Annotations(),
		"scripts/lua/.luarc.json": LuaRC(),
		"scripts/lua/.luacheckrc": Luacheck(),
		"docs/man/edged-policy.5": manual5,
		"docs/lua.md":             inPlaces(t, read(t, "docs/lua.md"), markdown()),
	} {
		if os.Getenv("EDGED_UPDATE") != "" {
			if err := os.WriteFile(root+file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if read(t, file) != want {
			t.Errorf("%s differs from the tables: run go generate ./hooks/lua/apidoc", file)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(root + file)
	if err != nil && os.Getenv("EDGED_UPDATE") == "" {
		t.Fatal(err)
	}
	return string(data)
}

// inPlaces puts tables between their marks in a document.
func inPlaces(t *testing.T, text string, tables map[string]string) string {
	t.Helper()
	for name, table := range tables {
		begin, end := "<!-- "+name+": written by go generate ./hooks/lua/apidoc -->\n", "<!-- end of "+name+" -->\n"
		before, rest, ok1 := strings.Cut(text, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("docs/lua.md has no place for the table of %s", name)
		}
		text = before + begin + table + end + after
	}
	return text
}

// TestEveryTypeIsDeclared wants a declaration for each type that a declaration
// names.
func TestEveryTypeIsDeclared(t *testing.T) {
	text := Annotations()
	declared := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^---@(?:class|alias) (edged\.\w+)`).FindAllStringSubmatch(text, -1) {
		declared[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^---@(?:param|return|field|type|overload).*`).FindAllString(text, -1) {
		kinds, _, _ := strings.Cut(m, " # ")
		for _, name := range regexp.MustCompile(`edged\.[A-Z]\w*`).FindAllString(kinds, -1) {
			if !declared[name] {
				t.Errorf("%s is not declared: %s", name, m)
			}
		}
	}
	if len(declared) < 40 {
		t.Errorf("only %d types are declared", len(declared))
	}
}

// TestAnnotationsAreLua has the compiler of Lua read them, and luacheck its own
// settings.
func TestAnnotationsAreLua(t *testing.T) {
	for _, tool := range []string{"luac5.1", "luac", "lua5.1"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			continue
		}
		file := filepath.Join(t.TempDir(), "edged.d.lua")
		if err := os.WriteFile(file, []byte("edged = {}\n"+Annotations()), 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"-p", file}
		if strings.HasPrefix(tool, "lua5") {
			args = []string{file}
		}
		if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", tool, err, out)
		}
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Lua to read the annotations with")
	}
	t.Skip("no Lua")
}
