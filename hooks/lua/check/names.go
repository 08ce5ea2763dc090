package check

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"edged/hooks/lua"
)

// removed are names that other Luas have, and what to use in their place.
func removed() map[string]string {
	return map[string]string{
		"os":             "edged.time has the time",
		"io":             "edged.file reads files, edged.log writes to the log",
		"print":          "edged.log writes to the log",
		"require":        "edged.import loads what stands in lib/",
		"dofile":         "edged.import loads what stands in lib/",
		"loadfile":       "edged.import loads what stands in lib/",
		"module":         "a file of lib/ returns a table, and edged.import gives it",
		"package":        "edged.import loads what stands in lib/",
		"load":           "a script can't make code",
		"loadstring":     "a script can't make code",
		"debug":          "edged policy test shows where an error comes from",
		"collectgarbage": "each event has a machine of its own",
		"getfenv":        "functions have no environments of their own",
		"setfenv":        "functions have no environments of their own",
		"newproxy":       "use a table with a metatable",
		"goto":           "goto is not Lua 5.1",
	}
}

// name looks at the use of a name that is no local.
func (w *walker) name(e *ast.IdentExpr) {
	if w.scope.find(e.Value) != nil || w.know.global(e.Value) || w.globals[e.Value] {
		return
	}
	if instead, ok := removed()[e.Value]; ok {
		w.add(Error, "unknown-name", e.Line(), e.Value, "policy scripts have no '%s': %s", e.Value, instead)
		return
	}
	w.add(Error, "unknown-name", e.Line(), e.Value, "unknown name '%s'%s", e.Value, lua.Suggest(e.Value, w.know.globalNames()))
}

// setsGlobal looks at an assignment to a name that is no local.
func (w *walker) setsGlobal(e *ast.IdentExpr) {
	if w.globals[e.Value] {
		return
	}
	w.globals[e.Value] = true
	switch {
	case w.know.global(e.Value):
		w.add(Warning, "global", e.Line(), e.Value, "'%s' takes the place of what every script has under this name; write local", e.Value)
	case w.know.isTest && strings.HasPrefix(e.Value, "test_") && !w.inFn:
	default:
		w.add(Warning, "global", e.Line(), e.Value, "'%s' is a global; write local", e.Value)
	}
}

// pathOf returns the name in the API or the libraries that an expression stands
// for, such as edged.time.now; empty when it stands for none.
func (w *walker) pathOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if v := w.scope.find(e.Value); v != nil {
			return v.path
		}
		if w.know.global(e.Value) && !w.globals[e.Value] {
			return e.Value
		}
	case *ast.AttrGetExpr:
		key, ok := text(e.Key)
		if module := w.pathOf(e.Object); ok && module != "" {
			return module + "." + key
		}
	}
	return ""
}

// field looks at x.y and x["y"].
func (w *walker) field(e *ast.AttrGetExpr) {
	key, ok := text(e.Key)
	if !ok {
		return
	}
	if module := w.pathOf(e.Object); module != "" {
		if members := w.know.modules[module]; members != nil && !w.know.names[module+"."+key] {
			w.add(Error, "unknown-name", e.Key.Line(), key, "unknown name '%s.%s'%s", module, key, lua.Suggest(key, members))
		}
		return
	}
	w.classField(e, key)
}

// classOf returns the class of the table that an expression gives, as far as it is
// one that scripts are given.
func (w *walker) classOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if v := w.scope.find(e.Value); v != nil {
			return v.class
		}
	case *ast.AttrGetExpr:
		key, ok := text(e.Key)
		class, known := lua.ClassOf(w.classOf(e.Object))
		if !ok || !known {
			return ""
		}
		for _, f := range class.Fields {
			if f.Name == key {
				return f.Type
			}
		}
	}
	return ""
}

// classField looks at a field of an event, or of a table in one.
func (w *walker) classField(e *ast.AttrGetExpr, key string) {
	class, ok := lua.ClassOf(w.classOf(e.Object))
	if !ok {
		return
	}
	var names []string
	for _, f := range class.Fields {
		if f.Name == key {
			if w.hook != nil && !w.hook.has(f) {
				w.add(Error, "unknown-field", e.Key.Line(), key, "'%s' is always nil in %s; it is a field of: %s", key, w.hook, f.In)
			}
			return
		}
		names = append(names, f.Name)
	}
	w.add(Error, "unknown-field", e.Key.Line(), key, "unknown field '%s' of %s%s", key, strings.TrimPrefix(class.Name, "edged."), lua.Suggest(key, names))
}
