package lua

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files returns the path of every script by file name. A file in a later
// folder takes the place of one of the same name in an earlier folder. A folder
// that doesn't exist has no scripts.
func files(dirs []string) (map[string]string, error) {
	paths := map[string]string{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read policy folder: %w", err)
		}
		for _, e := range entries {
			if isScript(e) {
				paths[e.Name()] = filepath.Join(dir, e.Name())
			}
		}
	}
	return paths, nil
}

// isScript leaves out folders, editors' hidden files and scripts' tests.
func isScript(e fs.DirEntry) bool {
	name := e.Name()
	return !e.IsDir() && strings.HasSuffix(name, ".lua") &&
		!strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "_test.lua")
}

// sortedNames returns the keys in the order in which scripts are asked.
func sortedNames(paths map[string]string) []string {
	names := make([]string, 0, len(paths))
	for name := range paths {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
