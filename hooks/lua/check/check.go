package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/yuin/gopher-lua/ast"

	"edged/hooks"
	"edged/hooks/lua"
)

// Options are what [Run] looks at.
type Options struct {
	Dirs  []string    // policy folders; a file in a later one takes the place of its namesake
	Files []string    // if there are any, only findings in these are told
	Tests []lua.Entry // names that tests have beside those of scripts
}

// Run checks scripts and their tests. The error is about what can't be read; what
// is wrong in a script is a finding.
func Run(opts Options) ([]Diagnostic, error) {
	paths, err := list(opts.Dirs)
	if err != nil {
		return nil, err
	}
	set, problems, err := load(opts.Dirs)
	if err != nil {
		return nil, err
	}
	var found []Diagnostic
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read script: %w", err)
		}
		w := look(path, string(data), opts.Tests)
		if name := nameOf(path); !w.know.isTest {
			w.notLoaded(name, problems)
			w.neverCalled(name, set)
		}
		found = append(found, w.found...)
	}
	found = append(found, overlaid(paths)...)
	if len(opts.Files) > 0 {
		found = slices.DeleteFunc(found, func(d Diagnostic) bool { return !slices.Contains(opts.Files, d.File) })
	}
	return sorted(found), nil
}

// look applies the rules to one file.
func look(path, text string, tests []lua.Entry) *walker {
	entries, isTest := lua.API(), strings.HasSuffix(path, "_test.lua")
	if isTest {
		entries = tests
	}
	w := &walker{
		source: read(path, text), know: newKnowledge(entries, isTest),
		hooks: map[*ast.FunctionExpr]*hook{}, globals: map[string]bool{}, returned: map[int]int{},
	}
	w.block(w.stmts)
	w.unusedNeeds()
	return w
}

// list returns the files of the folders and of their lib/.
func list(dirs []string) ([]string, error) {
	var paths []string
	for _, dir := range dirs {
		for _, pattern := range []string{"*.lua", "lib/*.lua", "test/*_test.lua"} {
			names, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return nil, fmt.Errorf("list scripts: %w", err)
			}
			for _, n := range names {
				if !strings.HasPrefix(filepath.Base(n), ".") && !strings.HasSuffix(n, ".d.lua") {
					paths = append(paths, n)
				}
			}
		}
	}
	return paths, nil
}

// load loads the scripts as a daemon would that grants them everything.
func load(dirs []string) (*lua.Set, hooks.Problems, error) {
	set, err := lua.Load(lua.Options{Dirs: dirs, Grants: lua.Everything()})
	var problems hooks.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, nil, err
	}
	return set, problems, nil
}

// notLoaded adds what loading said about the file.
func (w *walker) notLoaded(name string, problems hooks.Problems) {
	for _, p := range problems {
		if p.File == name {
			w.add(Error, "load", p.Line, quoted(p.Message), "%s", p.Message)
		}
	}
}

// quoted is the first text that a message has between quotes.
func quoted(message string) string {
	_, rest, _ := strings.Cut(message, "'")
	word, _, _ := strings.Cut(rest, "'")
	return word
}

// neverCalled tells the hooks that stand in the source and that loading it did not
// register: their part of the body was not run.
func (w *walker) neverCalled(name string, set *lua.Set) {
	if set == nil {
		return
	}
	lines := map[int]bool{}
	for _, s := range set.Scripts() {
		if s.File != name {
			continue
		}
		for _, h := range s.Hooks {
			lines[h.Line] = true
		}
		for _, t := range s.Timers {
			lines[t.Line] = true
			if t.Next(time.Now()).IsZero() {
				w.add(Warning, "never-called", t.Line, "cron", "there is no such time within five years: the hook is never called")
			}
		}
	}
	for _, r := range w.registers {
		if !lines[r.line] {
			w.add(Warning, "never-called", r.line, r.verb, "this is never registered, so the hook is never called")
		}
	}
}

// nameOf is the name under which a file is loaded: a.lua, or lib/a.lua.
func nameOf(path string) string {
	name := filepath.Base(path)
	if filepath.Base(filepath.Dir(path)) == "lib" {
		return "lib/" + name
	}
	return name
}

// overlaid tells the files that another one takes the place of.
func overlaid(paths []string) []Diagnostic {
	last := map[string]string{}
	var found []Diagnostic
	for _, p := range paths {
		name := filepath.Base(p)
		if before := last[name]; before != "" && filepath.Dir(before) != filepath.Dir(p) {
			found = append(found, Diagnostic{
				File: before, Line: 1, Column: 1, Severity: Note, Rule: "overlaid",
				Message: "no hook of this file is called: " + p + " takes its place",
			})
		}
		last[name] = p
	}
	return found
}
