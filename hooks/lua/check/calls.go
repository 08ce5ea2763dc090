package check

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// A call is one of the API, as it stands in the source.
type call struct {
	name string // such as edged.mqtt.publish
	line int
	arg  string // its first argument, if that is a string in the source
	open bool   // its first argument is not known
}

// call looks at a call whose arguments have been visited.
func (w *walker) call(e *ast.FuncCallExpr) {
	if e.Func == nil {
		return
	}
	path := w.pathOf(e.Func)
	w.deviatingCall(path, e)
	entry, ok := w.know.api[path]
	if !ok {
		return
	}
	if entry.Deprecated != "" {
		w.add(Warning, "deprecated", e.Line(), lastName(path), "%s will go; use %s", path, entry.Deprecated)
	}
	c := call{name: path, line: e.Line(), open: true}
	if len(e.Args) > 0 {
		if s, ok := text(e.Args[0]); ok {
			c.arg, c.open = s, false
		}
	}
	w.calls = append(w.calls, c)
	if path == "edged.needs" {
		w.noteNeeds(e)
	}
	w.arguments(e, path)
}

// arguments looks at how many arguments a call has.
func (w *walker) arguments(e *ast.FuncCallExpr, path string) {
	least, most := w.know.api[path].Arity()
	n := len(e.Args)
	if n > 0 && manyValued(e.Args[n-1]) {
		return
	}
	switch {
	case n < least:
		called, _, _ := strings.Cut(w.know.api[path].Signature(), " ->")
		w.add(Error, "arguments", e.Line(), lastName(path), "%s%s needs %s", path, called, plural(least, "argument"))
	case most >= 0 && n > most:
		w.add(Warning, "arguments", e.Line(), lastName(path), "%s takes %s at most; the others are ignored", path, plural(most, "argument"))
	}
}

// manyValued reports whether an expression at the end of a list may give any
// number of values.
func manyValued(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

func plural(n int, what string) string {
	switch n {
	case 0:
		return "no " + what
	case 1:
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
