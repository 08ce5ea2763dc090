package lua

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"edged/hooks"
)

// libFolder is where the libraries are, within a policy folder.
const libFolder = "lib"

// Read returns every script and library of the folders, ordered by name. A file in
// a later folder takes the place of one of the same name in an earlier folder. A
// folder that doesn't exist has no scripts.
func Read(dirs []string) ([]hooks.Source, error) {
	found := map[string]hooks.Source{}
	for _, dir := range dirs {
		for _, prefix := range []string{"", libFolder + "/"} {
			if err := readFolder(found, dir, prefix); err != nil {
				return nil, err
			}
		}
	}
	sources := make([]hooks.Source, 0, len(found))
	for _, s := range found {
		sources = append(sources, s)
	}
	sort.Slice(sources, func(i, j int) bool { return sources[i].Name < sources[j].Name })
	return sources, nil
}

func readFolder(found map[string]hooks.Source, dir, prefix string) error {
	entries, err := os.ReadDir(filepath.Join(dir, prefix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read policy folder: %w", err)
	}
	for _, e := range entries {
		if !isScript(e) {
			continue
		}
		name := prefix + e.Name()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("read script %s: %w", name, err)
		}
		found[name] = hooks.Source{Name: name, Folder: dir, Text: string(text)}
	}
	return nil
}

// isScript leaves out folders, editors' hidden files, scripts' tests, and
// declarations, which are for editors.
func isScript(e fs.DirEntry) bool {
	name := e.Name()
	return !e.IsDir() && strings.HasSuffix(name, ".lua") &&
		!strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "_test.lua") && !strings.HasSuffix(name, ".d.lua")
}

// isLibrary reports whether a source is only there to be imported.
func isLibrary(name string) bool { return strings.HasPrefix(name, libFolder+"/") }
