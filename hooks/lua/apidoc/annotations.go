package apidoc

import (
	"fmt"
	"strings"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/luatest"
)

// Annotations returns edged.d.lua: declarations in LuaCATS, from which editors with
// a Lua language server complete and check scripts and their tests.
func Annotations() string {
	w := &annotator{tables: map[string]bool{}}
	w.line("---@meta edged")
	w.line("-- What policy scripts and their tests find, for editors. Written by edged; don't edit.")
	w.line("")
	w.aliases()
	for _, c := range append(lua.Classes(), luatest.Classes()...) {
		w.class(c)
	}
	w.events()
	for _, e := range lua.API() {
		w.entry(e)
	}
	w.line("-- Tests, files *_test.lua, have these in the place of edged:")
	w.line("")
	for _, e := range luatest.API() {
		w.entry(e)
	}
	return strings.TrimRight(w.String(), "\n") + "\n"
}

type annotator struct {
	strings.Builder
	tables map[string]bool // that have been declared
}

func (w *annotator) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *annotator) aliases() {
	w.line(`---@alias edged.Duration number|string # seconds, or text such as "90s", "1h30m", "2d"`)
	w.choice("edged.Op", ops())
	w.choice("edged.Notice", notices())
	w.line("")
	w.line("---What a hook returns: edged.allow and its like make one.\n---@class edged.Answer\n")
	w.line("---What a hook wants done: edged.restart and its like make one.\n---@class edged.Action\n")
}

func (w *annotator) choice(name string, words []string) {
	w.line(`---@alias %s "%s"`, name, strings.Join(words, `"|"`))
}

func ops() []string {
	var names []string
	for _, op := range hooks.Ops() {
		names = append(names, string(op))
	}
	return names
}

func notices() []string {
	var names []string
	for _, n := range hooks.Notices() {
		names = append(names, string(n))
	}
	return names
}

// class declares a table, without the fields that only some events have.
func (w *annotator) class(c lua.Class) {
	w.line("---%s", c.Doc)
	w.line("---@class %s", c.Name)
	for _, f := range c.Fields {
		if f.In == "" {
			w.field(f)
		}
	}
	w.line("")
}

func (w *annotator) field(f lua.Field) {
	mark := ""
	if f.Optional {
		mark = "?"
	}
	w.line("---@field %s%s %s%s", f.Name, mark, f.Type, after(" # ", fieldDoc(f)))
}

// fieldDoc says what a field is, and in which unit.
func fieldDoc(f lua.Field) string {
	if f.Doc != "" && f.Unit != "" {
		return f.Doc + ", in " + f.Unit
	}
	return f.Doc + f.Unit
}

// after is text behind a sign, or nothing.
func after(sign, text string) string {
	if text == "" {
		return ""
	}
	return sign + text
}

// events declares the event of each occasion: that of all, and the fields of its
// own.
func (w *annotator) events() {
	for _, phase := range []hooks.Phase{hooks.Before, hooks.After} {
		for _, op := range ops() {
			w.event(phase, op)
		}
	}
	for _, n := range append(notices(), "mqtt", string(hooks.NoticeTimer)) {
		w.event(hooks.On, n)
	}
}

func (w *annotator) event(phase hooks.Phase, name string) {
	event, _ := lua.ClassOf("edged.Event")
	w.line("---@class %s : edged.Event", eventClass(phase, name))
	for _, f := range event.Fields {
		if f.In != "" && f.Has(phase, name) {
			w.field(f)
		}
	}
	w.line("")
}

// eventClass is the name of an event's class, such as edged.BeforePull.
func eventClass(phase hooks.Phase, name string) string {
	class := "edged."
	for _, word := range strings.FieldsFunc(string(phase)+"_"+name, func(r rune) bool { return r == '_' }) {
		class += strings.ToUpper(word[:1]) + word[1:]
	}
	return class
}

// entry declares a name, and before it the tables that it is in.
func (w *annotator) entry(e lua.Entry) {
	parts := strings.Split(e.Name, ".")
	for i := 1; i < len(parts); i++ {
		if table := strings.Join(parts[:i], "."); !w.tables[table] {
			w.tables[table] = true
			w.line("%s = {}\n", table)
		}
	}
	w.line("---%s", e.Doc)
	if e.Need != "" {
		w.line("---Needs %s.", e.Need)
	}
	if e.Example != "" {
		w.line("---```lua\n---%s\n---```", strings.ReplaceAll(e.Example, "\n", "\n---"))
	}
	if isValue(e) {
		w.line("---@type %s\n%s = nil\n", e.Returns[0].Type, e.Name)
		w.tables[e.Name] = true
		return
	}
	var names []string
	for _, p := range e.Params {
		names = append(names, p.Name)
		mark := ""
		if p.Optional {
			mark = "?"
		}
		w.line("---@param %s%s %s%s", p.Name, mark, p.Type, after(" # ", p.Doc))
	}
	for _, r := range e.Returns {
		w.line("---@return %s%s%s", r.Type, after(" ", r.Name), after(" # ", r.Doc))
	}
	w.overloads(e.Name)
	w.line("function %s(%s) end\n", e.Name, strings.Join(names, ", "))
}

// isValue reports whether an entry is read, and not called. Those of tests are all
// functions.
func isValue(e lua.Entry) bool { return !e.IsFunction() && strings.HasPrefix(e.Name, "edged.") }

// overloads gives the function of a verb the event of its occasion.
func (w *annotator) overloads(name string) {
	switch name {
	case "edged.before", "edged.after":
		phase := hooks.Phase(strings.TrimPrefix(name, "edged."))
		result := "edged.Answer?"
		if phase == hooks.After {
			result = "edged.Action?"
		}
		for _, op := range ops() {
			w.line(`---@overload fun(op: "%s", fn: fun(ev: %s): %s)`, op, eventClass(phase, op), result)
		}
	case "edged.on":
		for _, n := range notices() {
			w.line(`---@overload fun(notice: "%s", fn: fun(ev: %s): edged.Action?)`, n, eventClass(hooks.On, n))
		}
	}
}
