package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// Level is the newest level of the API; edged.api refuses others.
const Level = 1

// An Entry describes one name that scripts can use.
type Entry struct {
	Name      string // such as edged.time.window
	Signature string // of its parameters and results, such as (spec[, zone]) -> boolean
	Doc       string // one or two sentences

	fn    glua.LGFunction
	value glua.LValue // instead of fn
}

// API returns everything that scripts can use beside the libraries of Lua, in
// the order of the manual. It is the only place where names are registered.
func API() []Entry {
	json := newJSONCodec()
	return concat(verbEntries(), answerEntries(), actionEntries(), logEntries(), timeEntries(),
		jsonEntries(json), semverEntries(), imageEntries(), mqttEntries(json))
}

func concat(lists ...[]Entry) []Entry {
	var all []Entry
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// newEnv builds the tables that the names of [API] form.
func newEnv() *vm.Env {
	modules := map[string]map[string]glua.LValue{}
	for _, e := range API() {
		at := strings.LastIndex(e.Name, ".")
		module, name := e.Name[:at], e.Name[at+1:]
		if modules[module] == nil {
			modules[module] = map[string]glua.LValue{}
		}
		modules[module][name] = e.lua()
	}
	top := modules["edged"]
	for name, fields := range modules {
		if sub, ok := strings.CutPrefix(name, "edged."); ok {
			top[sub] = vm.ReadOnly(name, fields)
		}
	}
	return vm.NewEnv(map[string]glua.LValue{"edged": vm.ReadOnly("edged", top)})
}

func (e Entry) lua() glua.LValue {
	if e.fn == nil {
		return e.value
	}
	return vm.Function(e.fn)
}
