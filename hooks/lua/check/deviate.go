package check

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"edged/hooks/lua/vm"
)

// The rules here tell what a script rests on that is otherwise in Lua 5.1; docs/lua.md
// lists all of it.

const deviation = "deviation"

// numberFor looks at a loop over numbers: its bounds may not be texts.
func (w *walker) numberFor(s *ast.NumberForStmt) {
	for _, e := range []ast.Expr{s.Init, s.Limit, s.Step} {
		if e == nil {
			continue
		}
		w.expr(e)
		if v, ok := text(e); ok {
			w.add(Error, deviation, s.Line(), v, "the bounds of a loop must be numbers here; write %s without quotes", v)
		}
	}
	w.scoped([]string{s.Name}, s.Stmts)
}

// manyItems is from how many items on a table evaluates its named fields first.
const manyItems = 50

// table looks at a table in the source.
func (w *walker) table(e *ast.TableExpr) {
	listed, calls := 0, false
	for i, f := range e.Fields {
		if f.Key == nil {
			listed++
			if _, isNil := f.Value.(*ast.NilExpr); isNil && i+1 < len(e.Fields) {
				w.add(Note, deviation, f.Value.Line(), "nil", "a nil among the items: # gives another length here than in other Luas")
			}
			continue
		}
		if _, called := f.Value.(*ast.FuncCallExpr); called {
			calls = true
		}
		if key, ok := text(f.Key); ok {
			w.metafield(f.Key, key)
		}
	}
	if listed >= manyItems && calls {
		w.add(Note, deviation, e.Line(), "{", "with %d items or more, named fields are evaluated before the items", manyItems)
	}
}

// setsField looks at x.y = v.
func (w *walker) setsField(target *ast.AttrGetExpr) {
	if module := w.pathOf(target.Object); w.know.modules[module] != nil {
		w.add(Error, "read-only", target.Line(), lastName(module), "%s is read-only", module)
		return
	}
	if key, ok := text(target.Key); ok {
		w.metafield(target.Key, key)
	}
	if v, ok := number(target.Key); ok && v > maxGap {
		if n, ok := target.Key.(*ast.NumberExpr); ok {
			w.add(Note, deviation, n.Line(), n.Value, "an index more than %d beyond the end of an array is an error here", maxGap)
		}
	}
}

const maxGap = 4096

// metafield looks at the name of a field that other Luas heed in a metatable.
func (w *walker) metafield(at ast.Expr, key string) {
	switch key {
	case "__gc", "__mode":
		w.add(Note, deviation, at.Line(), key, "%s has no effect here: a machine lives for one event", key)
	case "__len":
		w.add(Note, deviation, at.Line(), key, "# heeds __len of a table here; Lua 5.1 does not")
	}
}

// deviatingCall looks at a call of a library.
func (w *walker) deviatingCall(path string, e *ast.FuncCallExpr) {
	switch path {
	case "math.random":
		w.add(Note, deviation, e.Line(), "random", "math.random gives the same numbers in each event; to choose some of many devices, use edged.rollout")
	case "coroutine.yield":
		w.add(Note, deviation, e.Line(), "yield", "coroutine.yield works across pcall and library functions here; in Lua 5.1 it does not")
	}
	if len(e.Args) == 0 {
		return
	}
	literal, isText := text(e.Args[0])
	switch {
	case path == "tonumber" && len(e.Args) == 1 && isText && onlyThere(literal):
		w.add(Note, deviation, e.Line(), literal, "tonumber reads no '%s' here; in Lua 5.1 it does", literal)
	case path == "getmetatable" && isText:
		w.add(Note, deviation, e.Line(), path, "the metatable of texts is hidden here: getmetatable gives false")
	case path == "setmetatable" && w.pathOf(e.Args[0]) == "_G":
		w.add(Error, deviation, e.Line(), path, "_G can have no metatable of its own here")
	}
}

// onlyThere reports whether Lua 5.1 reads a number where none is read here: it takes what
// strtod(3) does.
func onlyThere(literal string) bool {
	literal = strings.ToLower(strings.TrimLeft(strings.TrimSpace(literal), "+-"))
	if _, here := vm.ParseNumber(literal); here {
		return false
	}
	return literal == "inf" || literal == "infinity" || literal == "nan" ||
		strings.HasPrefix(literal, "0x") && strings.ContainsAny(literal, ".p")
}

// arithmetic looks at a calculation.
func (w *walker) arithmetic(e *ast.ArithmeticOpExpr) {
	if e.Operator != "%" {
		return
	}
	if path := w.pathOf(e.Rhs); path == "math.huge" {
		w.add(Note, deviation, e.Line(), "%", "%% with math.huge is exact here; in Lua 5.1 it is not a number")
	}
	for _, operand := range []ast.Expr{e.Lhs, e.Rhs} {
		if v, ok := number(operand); ok && v > 1<<53 {
			w.add(Note, deviation, e.Line(), "%", "%% is exact beyond 2^53 here; in Lua 5.1 it is not")
		}
	}
}

// negative looks at a number with a sign.
func (w *walker) negative(e *ast.UnaryMinusOpExpr) {
	if v, ok := number(e.Expr); ok && v == 0 {
		w.add(Note, deviation, e.Line(), "-", "-0 can be 0 here, where the same function has a 0, too")
	}
}

func number(e ast.Expr) (float64, bool) {
	n, ok := e.(*ast.NumberExpr)
	if !ok {
		return 0, false
	}
	return vm.ParseNumber(n.Value)
}
