package lua

import (
	"context"
	"errors"
	"fmt"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A Set is all scripts of one load, in the order in which they are asked.
// It is safe for concurrent use.
type Set struct {
	options Options
	env     *vm.Env
	scripts []*script
	wants   map[occasion]bool
}

// occasion is what a hook is registered for.
type occasion struct {
	phase hooks.Phase
	name  string // op or notice
}

// ScriptInfo says what is known of one loaded script.
type ScriptInfo struct {
	File   string     `json:"file"`   // name, such as 10-trusted-registry.lua
	Folder string     `json:"folder"` // where it was read
	SHA256 string     `json:"sha256"` // of the file, hexadecimal
	Hooks  []HookInfo `json:"hooks"`  // in the order of registration
}

// HookInfo says what one hook is registered for.
type HookInfo struct {
	Phase  hooks.Phase `json:"phase"`
	Name   string      `json:"name"` // op or notice
	Mutate bool        `json:"mutate,omitempty"`
	Line   int         `json:"line"` // from 1
}

// Load reads, compiles and declares every script of the folders. The error
// joins one line for each script that is wrong, "file:line: message"; then no
// script is loaded.
func Load(opts Options) (*Set, error) {
	s := &Set{options: opts.orDefault(), wants: map[occasion]bool{}}
	s.env = newEnv()
	paths, err := files(opts.Dirs)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, name := range sortedNames(paths) {
		sc, err := loadScript(name, paths[name])
		if err == nil {
			err = s.declare(sc)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		s.scripts = append(s.scripts, sc)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return s, nil
}

// declare runs the body of a script to learn its hooks.
func (s *Set) declare(sc *script) error {
	limits := s.options.Limits
	limits.Time = bodyTime
	h := s.newHost(sc, hooks.Event{})
	m := vm.New(limits, s.env)
	defer m.Close()
	m.Host = h
	if err := m.Run(context.Background(), sc.chunk); err != nil { //nolint:forbidigo // a load can't be cancelled: bodyTime bounds it
		return located(sc.info.File, err)
	}
	for _, k := range h.hooks {
		sc.info.Hooks = append(sc.info.Hooks, k.info)
		s.wants[occasion{k.info.Phase, k.info.Name}] = true
	}
	return nil
}

// located makes sure that an error names the script.
func located(file string, err error) error {
	var e *vm.Error
	if errors.As(err, &e) && e.Line > 0 {
		return err
	}
	return fmt.Errorf("%s:1: %w", file, err)
}

// Scripts returns what was loaded, in the order of asking.
func (s *Set) Scripts() []ScriptInfo {
	infos := make([]ScriptInfo, len(s.scripts))
	for i, sc := range s.scripts {
		infos[i] = sc.info
	}
	return infos
}

// Empty reports whether there is no script.
func (s *Set) Empty() bool { return len(s.scripts) == 0 }

// Wants reports whether any hook is registered for an op or a notice in a
// phase, so that nobody needs to make up an event that no script hears of.
func (s *Set) Wants(phase hooks.Phase, name string) bool {
	return s.wants[occasion{phase, hooks.Alias(phase, name)}]
}
