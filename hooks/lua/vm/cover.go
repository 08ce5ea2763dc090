package vm

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// A Point is a statement of a program that was compiled by [CompileCover].
type Point struct {
	Line   int    // from 1
	Answer string // what it calls to return the result, such as edged.deny; empty for other statements
}

const (
	coverHelper = "(cover)" // is called before each statement
	coverUnits  = 3         // instructions for that: fetch the helper, fetch the number, call
)

// cover is the helper of a program. What it costs is given back, so that a program
// that is near its limit without it is so with it.
func cover(c *Chunk) lua.LGFunction {
	return func(l *lua.LState) int {
		v := Of(l)
		v.budget.units -= coverUnits
		if v.Cover != nil {
			v.Cover(c, IntArg(l, 1))
		}
		return 0
	}
}

// A coverer puts a call of the helper before each statement.
type coverer struct{ points []Point }

func (c *coverer) block(stmts []ast.Stmt) []ast.Stmt {
	out := make([]ast.Stmt, 0, 2*len(stmts))
	for _, s := range stmts {
		number := on(s, &ast.NumberExpr{Value: strconv.Itoa(len(c.points))})
		call := on(s, &ast.FuncCallExpr{Func: ident(s, coverHelper), Args: []ast.Expr{number}})
		out = append(out, on(s, &ast.FuncCallStmt{Expr: call}), s)
		c.points = append(c.points, Point{Line: s.Line(), Answer: answerOf(s)})
		c.within(s)
	}
	return out
}

// within covers the blocks in a statement.
func (c *coverer) within(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		c.exprs(s.Lhs...)
		c.exprs(s.Rhs...)
	case *ast.LocalAssignStmt:
		c.exprs(s.Exprs...)
	case *ast.FuncCallStmt:
		c.exprs(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts = c.block(s.Stmts)
	case *ast.WhileStmt:
		c.exprs(s.Condition)
		s.Stmts = c.block(s.Stmts)
	case *ast.RepeatStmt:
		s.Stmts = c.block(s.Stmts)
		c.exprs(s.Condition)
	case *ast.IfStmt:
		c.exprs(s.Condition)
		s.Then = c.block(s.Then)
		s.Else = c.block(s.Else)
	case *ast.NumberForStmt:
		c.exprs(s.Init, s.Limit, s.Step)
		s.Stmts = c.block(s.Stmts)
	case *ast.GenericForStmt:
		c.exprs(s.Exprs...)
		s.Stmts = c.block(s.Stmts)
	case *ast.FuncDefStmt:
		s.Func.Stmts = c.block(s.Func.Stmts)
	case *ast.ReturnStmt:
		c.exprs(s.Exprs...)
	}
}

// exprs covers the functions in expressions.
func (c *coverer) exprs(list ...ast.Expr) {
	for _, e := range list {
		switch e := e.(type) {
		case *ast.FunctionExpr:
			e.Stmts = c.block(e.Stmts)
		case *ast.AttrGetExpr:
			c.exprs(e.Object, e.Key)
		case *ast.TableExpr:
			for _, f := range e.Fields {
				c.exprs(f.Key, f.Value)
			}
		case *ast.FuncCallExpr:
			c.exprs(e.Func, e.Receiver)
			c.exprs(e.Args...)
		case *ast.LogicalOpExpr:
			c.exprs(e.Lhs, e.Rhs)
		case *ast.RelationalOpExpr:
			c.exprs(e.Lhs, e.Rhs)
		case *ast.StringConcatOpExpr:
			c.exprs(e.Lhs, e.Rhs)
		case *ast.ArithmeticOpExpr:
			c.exprs(e.Lhs, e.Rhs)
		case *ast.UnaryMinusOpExpr:
			c.exprs(e.Expr)
		case *ast.UnaryNotOpExpr:
			c.exprs(e.Expr)
		case *ast.UnaryLenOpExpr:
			c.exprs(e.Expr)
		}
	}
}

// answerOf is what a statement like "return a.b(...)" calls: a.b.
func answerOf(s ast.Stmt) string {
	r, ok := s.(*ast.ReturnStmt)
	if !ok || len(r.Exprs) == 0 {
		return ""
	}
	call, ok := r.Exprs[0].(*ast.FuncCallExpr)
	if !ok {
		return ""
	}
	fn, ok := call.Func.(*ast.AttrGetExpr)
	if !ok {
		return ""
	}
	table, ok1 := fn.Object.(*ast.IdentExpr)
	key, ok2 := fn.Key.(*ast.StringExpr)
	if !ok1 || !ok2 {
		return ""
	}
	return table.Value + "." + key.Value
}
