package check

import (
	"slices"
	"strings"

	"edged/hooks/lua"
	"edged/hooks/lua/vm"
)

// knowledge is which names there are.
type knowledge struct {
	api     map[string]lua.Entry // by name
	names   map[string]bool      // everything, such as edged.time, string and string.format
	modules map[string][]string  // the names in a table, by the table's name
	isTest  bool
}

// newKnowledge knows Lua's libraries and the entries.
func newKnowledge(entries []lua.Entry, isTest bool) *knowledge {
	k := &knowledge{api: map[string]lua.Entry{}, names: map[string]bool{}, modules: map[string][]string{}, isTest: isTest}
	for _, name := range vm.Names() {
		k.learn(name)
	}
	for _, e := range entries {
		k.api[e.Name] = e
		k.learn(e.Name)
	}
	return k
}

// learn notes a name and those of the tables that it is in.
func (k *knowledge) learn(name string) {
	for !k.names[name] {
		k.names[name] = true
		at := strings.LastIndexByte(name, '.')
		if at < 0 {
			return
		}
		k.modules[name[:at]] = append(k.modules[name[:at]], name[at+1:])
		name = name[:at]
	}
}

func (k *knowledge) global(name string) bool { return k.names[name] && !strings.Contains(name, ".") }

func (k *knowledge) globalNames() []string {
	var names []string
	for name := range k.names {
		if k.global(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
