package apidoc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is one that a new policy folder begins with.
type File struct {
	Name string
	Text string
}

// Starter returns the files of a new policy folder: a script, its test, and what
// editors and luacheck need.
func Starter() []File {
	return []File{
		{"10-registry.lua", starterScript},
		{"10-registry_test.lua", starterTest},
		{"edged.d.lua", Annotations()},
		{".luarc.json", LuaRC()},
		{".luacheckrc", Luacheck()},
	}
}

// Init writes the files of [Starter] into a folder, which is made if need be. A
// file of their names that is there already is an error, and then none is written.
func Init(dir string) ([]string, error) {
	var written []string
	for _, f := range Starter() {
		path := filepath.Join(dir, f.Name)
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("init policy folder: %s is there already", path)
		}
		written = append(written, path)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("init policy folder: %w", err)
	}
	for i, f := range Starter() {
		if err := os.WriteFile(written[i], []byte(f.Text), 0o644); err != nil {
			return nil, fmt.Errorf("init policy folder: %w", err)
		}
	}
	return written, nil
}

const starterScript = `-- Images come only from our registry.

edged.api(1)

edged.before("pull", function(ev)
  if ev.image.registry ~= "registry.example.com" then
    return edged.deny("only our registry is trusted, not " .. ev.image.registry)
  end
end)
`

const starterTest = `function test_our_registry()
  expect_none(emit("before pull", { image = "registry.example.com/web:1" }))
end

function test_another_registry()
  expect_deny(emit("before pull", { image = "nginx" }), "not docker.io")
end
`
