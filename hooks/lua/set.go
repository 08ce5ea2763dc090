package lua

import (
	"context"
	"slices"
	"sort"
	"strings"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A Set is all scripts of one load, in the order in which they are asked.
// It is safe for concurrent use.
type Set struct {
	options Options
	env     *vm.Env
	scripts []*script
	libs    map[string]*script // by what edged.import takes: lib/x
	wants   map[occasion]bool
	topics  []string // filters of notices of MQTT
}

// occasion is what a hook is registered for.
type occasion struct {
	phase hooks.Phase
	name  string // op or notice
}

// Load reads, compiles and declares every script of the folders: it runs their
// bodies, which register hooks and say what they need. The error is
// [hooks.Problems] if scripts are wrong, all of them; then none is loaded.
func Load(opts Options) (*Set, error) {
	s := &Set{options: opts.orDefault(), env: newEnv(), libs: map[string]*script{}, wants: map[occasion]bool{}}
	sources := opts.Sources
	if sources == nil {
		var err error
		if sources, err = Read(opts.Dirs); err != nil {
			return nil, err
		}
	}
	s.options.Sources = nil // their texts need not be kept
	var problems hooks.Problems
	for _, source := range sources {
		sc, err := s.compile(source)
		switch {
		case err != nil:
			problems = append(problems, problemOf(source, err))
		case isLibrary(source.Name):
			s.libs[strings.TrimSuffix(source.Name, ".lua")] = sc
		default:
			s.scripts = append(s.scripts, sc)
		}
	}
	if !slices.ContainsFunc(problems, func(p hooks.Problem) bool { return isLibrary(p.File) }) {
		problems = append(problems, s.declareAll(sources)...)
	}
	if len(problems) > 0 {
		sort.SliceStable(problems, func(i, j int) bool { return problems[i].File < problems[j].File })
		return nil, problems
	}
	return s, nil
}

// declareAll runs the bodies once all libraries are known to compile.
func (s *Set) declareAll(sources []hooks.Source) hooks.Problems {
	var problems hooks.Problems
	texts := map[string]hooks.Source{}
	for _, source := range sources {
		texts[source.Name] = source
	}
	for _, sc := range s.scripts {
		if err := s.declare(sc); err != nil {
			problems = append(problems, problemOf(texts[sc.info.File], err))
		}
	}
	return problems
}

// declare runs the body of a script to learn its hooks.
func (s *Set) declare(sc *script) error {
	limits := s.options.Limits
	limits.Time = bodyTime
	h := s.newSession(hooks.Event{}, live{s}).host(sc, false)
	h.declaring = true
	m := vm.New(limits, s.env)
	defer m.Close()
	m.Host, m.Cover = h, s.options.cover()
	if err := m.Run(context.Background(), sc.chunk); err != nil { //nolint:forbidigo // a load can't be cancelled: bodyTime bounds it
		return err
	}
	for _, k := range h.hooks {
		sc.info.Hooks = append(sc.info.Hooks, k.Hook)
		s.wants[occasion{k.Phase, k.Name}] = true
		if filter, ok := strings.CutPrefix(k.Name, hooks.MQTTPrefix); ok {
			s.topics = append(s.topics, filter)
		}
	}
	for _, t := range h.timers {
		sc.info.Timers = append(sc.info.Timers, t.Timer)
		s.wants[occasion{hooks.On, string(hooks.NoticeTimer)}] = true
	}
	return nil
}

// Scripts returns what was loaded, in the order of asking.
func (s *Set) Scripts() []hooks.Script {
	infos := make([]hooks.Script, len(s.scripts))
	for i, sc := range s.scripts {
		infos[i] = sc.info
	}
	return infos
}

// Timers returns the timers of all scripts. Events that call them are made by
// [hooks.Timer.Event].
func (s *Set) Timers() []hooks.Timer {
	var all []hooks.Timer
	for _, sc := range s.scripts {
		all = append(all, sc.info.Timers...)
	}
	return all
}

// Topics returns the MQTT topic filters that scripts listen to. A message is an
// event of phase on whose Op is mqtt: and the topic.
func (s *Set) Topics() []string { return s.topics }

// Empty reports whether there is no script.
func (s *Set) Empty() bool { return len(s.scripts) == 0 }

// Wants reports whether any hook is registered for an op or a notice in a
// phase, so that nobody needs to make up an event that no script hears of.
func (s *Set) Wants(phase hooks.Phase, name string) bool {
	name = hooks.Alias(phase, name)
	if s.wants[occasion{phase, name}] {
		return true
	}
	topic, ok := strings.CutPrefix(name, hooks.MQTTPrefix)
	if !ok || phase != hooks.On {
		return false
	}
	for _, filter := range s.topics {
		if hooks.TopicMatches(filter, topic) {
			return true
		}
	}
	return false
}
