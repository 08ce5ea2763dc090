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
	Name    string  // such as edged.time.window
	Params  []Param // of a function
	Returns []Param // of a function; or the one value
	Doc     string  // one or more sentences
	Example string  // a line or more of Lua
	Where   Where   // where it can be used
	Need    string  // what edged.needs must say, such as mqtt.publish:TOPIC; empty: nothing
	Since   int     // level of the API

	Deprecated string // what to use instead, which edged policy check tells; empty: it stays

	fn    glua.LGFunction
	value glua.LValue // instead of fn
}

// Param is a parameter or a result.
type Param struct {
	Name     string
	Type     string // as LuaCATS writes it; classes are those of [Classes]
	Doc      string // a phrase; empty where the name says it all
	Optional bool   // may be left out; a parameter before others, too
}

// Where a name can be used.
type Where string

// The places.
const (
	Anywhere Where = ""
	Body     Where = "body" // where a file declares
	Hooks    Where = "hook" // where a hook is asked
)

// IsFunction reports whether the name is called, not read.
func (e Entry) IsFunction() bool { return e.fn != nil }

// Signature writes parameters and results for people: (op, [options,] fn) or
// (text) -> value, or nil and an error.
func (e Entry) Signature() string {
	var b strings.Builder
	if e.IsFunction() {
		b.WriteString("(")
		for i, p := range e.Params {
			last := i == len(e.Params)-1
			switch {
			case p.Optional && last:
				b.WriteString("[" + p.Name + "]")
			case p.Optional:
				b.WriteString("[" + p.Name + ",] ")
			case last:
				b.WriteString(p.Name)
			default:
				b.WriteString(p.Name + ", ")
			}
		}
		b.WriteString(")")
	}
	for i, r := range e.Returns {
		b.WriteString([]string{" -> ", ", "}[min(i, 1)] + r.Type)
	}
	return strings.TrimSpace(b.String())
}

// API returns everything that scripts can use beside the libraries of Lua, in
// the order of the manual. It is the only place where names are registered.
func API() []Entry {
	json := newJSONCodec()
	all := concat(verbEntries(), answerEntries(), actionEntries(), kvEntries(json), timeEntries(),
		deviceEntries(), logEntries(), mqttEntries(json), fileEntries(), jsonEntries(json), semverEntries(), imageEntries())
	for i := range all {
		all[i].Since = max(all[i].Since, 1)
	}
	return all
}

func concat(lists ...[]Entry) []Entry {
	var all []Entry
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// need is a parameter that must be there, may one that can be left out.
func need(name, typ, doc string) Param { return Param{Name: name, Type: typ, Doc: doc} }
func may(name, typ, doc string) Param {
	return Param{Name: name, Type: typ, Doc: doc, Optional: true}
}

// params makes a list, for tables that are easy to read.
func params(p ...Param) []Param { return p }

// gives is the one result of a function.
func gives(typ, doc string) []Param { return []Param{{Type: typ, Doc: doc}} }

// orError are the results of a function that can fail without being an error.
func orError(typ, doc string) []Param {
	return []Param{{Type: typ + "?", Doc: doc}, {Name: "err", Type: "string?", Doc: "why there is none"}}
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
