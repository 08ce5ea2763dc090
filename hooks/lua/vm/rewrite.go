package vm

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// A rewriter turns a program into one that means the same and that gopher-lua
// 1.1.2 compiles rightly and runs within limits. Each rewriting says which
// fault it goes round. It visits everything in the order of the source.
//
// Names in round brackets can't be written in a program, so that none of its
// own variables are taken.
type rewriter struct {
	name    string
	locals  []bool // from scan, of the "local"s not yet visited
	helpers map[string]bool
	err     *Error

	depth int       // of the tree
	block int       // of blocks within the function
	loop  *loop     // the innermost loop of the function
	fn    *function // the function being visited
	funcs int       // function expressions visited so far
}

// A loop is one whose body is being visited.
type loop struct {
	block        int  // the depth of its body
	breaksWithin bool // a break stands in a block within the body
}

// A function is one whose body is being visited.
type function struct {
	vararg    bool
	constants map[string]bool
}

const (
	maxDepth     = 200    // of the syntax tree
	maxConstants = 4096   // different ones in a function; the compiler's search among them is linear
	maxItems     = 20_000 // of an array in the source; gopher-lua loses those beyond 25 550
)

// rewrite returns the new program and the helpers that it needs as arguments,
// in their order. It uses the given ones already.
func rewrite(name string, stmts []ast.Stmt, locals []bool, given ...string) ([]ast.Stmt, []string, error) {
	r := &rewriter{name: name, locals: locals, helpers: map[string]bool{}}
	r.fn = &function{constants: map[string]bool{}}
	for _, h := range given {
		r.helpers[h] = true
	}
	stmts = r.stmts(stmts)
	if r.err != nil {
		return nil, nil, r.err
	}
	var used []string
	for _, h := range helperNames() {
		if r.helpers[h] {
			used = append(used, h)
		}
	}
	if len(used) > 0 {
		take := &ast.LocalAssignStmt{Names: used, Exprs: []ast.Expr{&ast.Comma3Expr{}}}
		take.SetLine(1)
		take.Exprs[0].SetLine(1)
		stmts = append([]ast.Stmt{take}, stmts...)
	}
	return stmts, used, nil
}

func (r *rewriter) fail(at ast.PositionHolder, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Chunk: r.name, Line: max(at.Line(), 1), Message: fmt.Sprintf(format, args...)}
	}
}

// deeper guards a step down the tree.
func (r *rewriter) deeper(at ast.PositionHolder) bool {
	r.depth++
	if r.depth > maxDepth {
		r.fail(at, "an expression or statement is nested more than %d deep", maxDepth)
	}
	return r.err == nil
}

// stmts rewrites the statements of a block.
func (r *rewriter) stmts(list []ast.Stmt) []ast.Stmt {
	r.block++
	defer func() { r.block-- }()
	out := make([]ast.Stmt, 0, len(list))
	for _, s := range list {
		if r.deeper(s) {
			out = append(out, r.stmt(s)...)
		}
		r.depth--
	}
	return out
}

// body rewrites the statements of a function.
func (r *rewriter) body(f *ast.FunctionExpr) {
	r.funcs++
	outer := *r
	r.fn = &function{vararg: f.ParList.HasVargs, constants: map[string]bool{}}
	r.loop, r.block = nil, 0
	f.Stmts = r.stmts(f.Stmts)
	r.fn, r.loop, r.block = outer.fn, outer.loop, outer.block
}

// constant counts a constant of the function.
func (r *rewriter) constant(at ast.PositionHolder, c string) {
	r.fn.constants[c] = true
	if len(r.fn.constants) > maxConstants {
		r.fail(at, "more than %d constants in one function", maxConstants)
	}
}

// helper returns a call of a helper.
func (r *rewriter) helper(at ast.PositionHolder, name string, args ...ast.Expr) *ast.FuncCallExpr {
	r.helpers[name] = true
	return on(at, &ast.FuncCallExpr{Func: ident(at, name), Args: args, AdjustRet: true})
}

// on gives a new node the place of the one that it stands for.
func on[T ast.PositionHolder](at ast.PositionHolder, node T) T {
	node.SetLine(at.Line())
	node.SetLastLine(at.LastLine())
	return node
}

func ident(at ast.PositionHolder, name string) *ast.IdentExpr {
	return on(at, &ast.IdentExpr{Value: name})
}

func localStmt(at ast.PositionHolder, names []string, exprs ...ast.Expr) ast.Stmt {
	return on(at, &ast.LocalAssignStmt{Names: names, Exprs: exprs})
}

func assignStmt(at ast.PositionHolder, target, value ast.Expr) ast.Stmt {
	return on(at, &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{value}})
}

func doStmt(at ast.PositionHolder, stmts ...ast.Stmt) ast.Stmt {
	return on(at, &ast.DoBlockStmt{Stmts: stmts})
}
