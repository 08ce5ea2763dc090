package config

import (
	"errors"
	"maps"
	"slices"
	"strings"

	nested "github.com/knadh/koanf/maps"
)

// layer is what one source sets: dotted key -> value. It is a koanf provider.
type layer map[string]entry

type entry struct {
	value  any
	origin string
}

// Read gives the values in koanf's form.
func (l layer) Read() (map[string]any, error) {
	flat := make(map[string]any, len(l))
	for name, e := range l {
		flat[name] = e.value
	}
	return nested.Unflatten(flat, "."), nil
}

// ReadBytes is what koanf asks of sources that it parses itself; a layer is none.
func (layer) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

// set parses text for a key and adds it, or says what is wrong with it.
func (l layer) set(key Key, text, origin string) error {
	v, err := key.parse(text)
	if err != nil {
		return &Error{Where: origin, Key: key.Name, Problem: err.Error()}
	}
	l[key.Name] = entry{value: v, origin: origin}
	return nil
}

func defaults(t table) (layer, error) {
	l := layer{}
	for _, k := range t {
		if err := l.set(k, k.Default, "default"); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// environment takes the EDGED_* variables. One that the table does not know is
// an error: nobody sets it for another program.
func environment(environ []string, t table) (layer, error) {
	l := layer{}
	var problems []error
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "EDGED_") || name == FileVariable {
			continue
		}
		key, known := t.env(name)
		if !known {
			problems = append(problems, &Error{Where: name, Problem: suggest("unknown variable", name, t.variables())})
			continue
		}
		if err := l.set(key, text, name); err != nil {
			problems = append(problems, err)
		}
	}
	return l, errors.Join(problems...)
}

func flags(given map[string]string, t table) (layer, error) {
	l := layer{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		key, known := t.key(name)
		if !known {
			problems = append(problems, &Error{Where: "flags", Key: name, Problem: "unknown key"})
			continue
		}
		if err := l.set(key, given[name], "--"+key.Flag()); err != nil {
			problems = append(problems, err)
		}
	}
	return l, errors.Join(problems...)
}
