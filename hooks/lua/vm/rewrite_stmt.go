package vm

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// stmt returns what a statement becomes.
func (r *rewriter) stmt(s ast.Stmt) []ast.Stmt {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return []ast.Stmt{r.assign(s)}
	case *ast.LocalAssignStmt:
		r.local(s)
	case *ast.FuncCallStmt:
		s.Expr = r.expr(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts = r.stmts(s.Stmts)
	case *ast.WhileStmt:
		return r.while(s)
	case *ast.RepeatStmt:
		s.Stmts = r.loopBody(s, s.Stmts, func() { s.Condition = r.expr(s.Condition) })
	case *ast.IfStmt:
		return r.ifStmt(s)
	case *ast.NumberForStmt:
		r.numberFor(s)
	case *ast.GenericForStmt:
		return []ast.Stmt{r.genericFor(s)}
	case *ast.FuncDefStmt:
		if s.Name.Func != nil {
			s.Name.Func = r.expr(s.Name.Func)
		} else {
			s.Name.Receiver = r.expr(s.Name.Receiver)
			r.constant(s, "s"+s.Name.Method)
		}
		r.body(s.Func)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	case *ast.BreakStmt:
		return r.breakStmt(s)
	default:
		r.fail(s, "statement not in Lua 5.1")
	}
	return []ast.Stmt{s}
}

// local sees to it that in "local f = function() ... f ... end" the inner f is
// not the new one: gopher-lua takes it for "local function f".
func (r *rewriter) local(s *ast.LocalAssignStmt) {
	if len(r.locals) == 0 {
		r.fail(s, "lost count of locals")
		return
	}
	isFunction := r.locals[0]
	r.locals = r.locals[1:]
	r.exprs(s.Exprs)
	if len(s.Names) != 1 || len(s.Exprs) != 1 || isFunction {
		return
	}
	if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
		s.Exprs = append(s.Exprs, on(s, &ast.NilExpr{}))
	}
}

// while drops a loop that never runs; constant conditions of others become
// true, since gopher-lua jumps wrongly to a jump that comes before it.
func (r *rewriter) while(s *ast.WhileStmt) []ast.Stmt {
	s.Condition = r.expr(s.Condition)
	s.Stmts = r.loopBody(s, s.Stmts, nil)
	switch truth(s.Condition) {
	case alwaysFalse:
		return nil
	case alwaysTrue:
		s.Condition = on(s.Condition, &ast.TrueExpr{})
	}
	return []ast.Stmt{s}
}

// ifStmt drops branches that never run, for the same reason.
func (r *rewriter) ifStmt(s *ast.IfStmt) []ast.Stmt {
	s.Condition = r.expr(s.Condition)
	s.Then = r.stmts(s.Then)
	s.Else = r.stmts(s.Else)
	switch truth(s.Condition) {
	case alwaysTrue:
		return []ast.Stmt{doStmt(s, s.Then...)}
	case alwaysFalse:
		return []ast.Stmt{doStmt(s, s.Else...)}
	}
	return []ast.Stmt{s}
}

func (r *rewriter) numberFor(s *ast.NumberForStmt) {
	s.Init = adjusted(r.expr(s.Init))
	s.Limit = adjusted(r.expr(s.Limit))
	if s.Step != nil {
		s.Step = adjusted(r.expr(s.Step))
	}
	s.Stmts = r.loopBody(s, s.Stmts, nil)
}

// genericFor hands over exactly three values where a list is given that is not
// one call: gopher-lua leaves the missing ones as they were.
func (r *rewriter) genericFor(s *ast.GenericForStmt) ast.Stmt {
	r.exprs(s.Exprs)
	s.Stmts = r.loopBody(s, s.Stmts, nil)
	if len(s.Exprs) == 1 && isMulti(s.Exprs[0]) {
		return s
	}
	names := []string{"(f)", "(s)", "(c)"}
	take := localStmt(s, names, s.Exprs...)
	s.Exprs = []ast.Expr{ident(s, names[0]), ident(s, names[1]), ident(s, names[2])}
	return doStmt(s, take, s)
}

// loopBody rewrites the body of a loop and what belongs to it.
//
// A break out of a block within the body leaves the captured variables of that
// block open in gopher-lua, unless one of the body itself is captured. Where it
// matters, a variable is added that looks as if it were.
func (r *rewriter) loopBody(at ast.PositionHolder, list []ast.Stmt, rest func()) []ast.Stmt {
	outer, funcs := r.loop, r.funcs
	r.loop = &loop{block: r.block + 1}
	list = r.stmts(list)
	if rest != nil {
		rest()
	}
	mark := r.loop.breaksWithin && r.funcs > funcs
	r.loop = outer
	if !mark {
		return list
	}
	never := on(at, &ast.FunctionExpr{ParList: &ast.ParList{}, Stmts: []ast.Stmt{
		on(at, &ast.ReturnStmt{Exprs: []ast.Expr{ident(at, "(mark)")}}),
	}})
	return append([]ast.Stmt{
		localStmt(at, []string{"(mark)"}),
		on(at, &ast.IfStmt{Condition: ident(at, "(mark)"), Then: []ast.Stmt{
			on(at, &ast.ReturnStmt{Exprs: []ast.Expr{never}}),
		}}),
	}, list...)
}

// breakStmt puts something before a break, so that no loop begins with a jump:
// gopher-lua takes the distance of such a jump for a label when it comes back
// to it.
func (r *rewriter) breakStmt(s *ast.BreakStmt) []ast.Stmt {
	if r.loop == nil {
		r.fail(s, "no loop to break")
		return nil
	}
	if r.block > r.loop.block {
		r.loop.breaksWithin = true
	}
	return []ast.Stmt{localStmt(s, []string{"(pad)"}), s}
}

// assign rewrites an assignment. gopher-lua gets wrong: an and/or or a call in
// brackets to an existing variable, and several at once.
func (r *rewriter) assign(s *ast.AssignStmt) ast.Stmt {
	for i := range s.Lhs {
		s.Lhs[i] = r.target(s.Lhs[i])
	}
	r.exprs(s.Rhs)
	if r.err != nil {
		return s
	}
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		return r.assignOne(s)
	}
	return r.assignMany(s)
}

func (r *rewriter) target(e ast.Expr) ast.Expr {
	at, ok := e.(*ast.AttrGetExpr)
	if !ok {
		return r.expr(e)
	}
	at = r.expr(at).(*ast.AttrGetExpr) //nolint:forcetypeassert // it stays one
	if _, ok := at.Object.(ast.ConstExpr); ok {
		r.fail(e, "attempt to index a constant")
	}
	return at
}

func (r *rewriter) assignOne(s *ast.AssignStmt) ast.Stmt {
	value := s.Rhs[0]
	switch target := s.Lhs[0].(type) {
	case *ast.AttrGetExpr:
		return r.store(s, target.Object, target.Key, value)
	default:
		if call, ok := value.(*ast.FuncCallExpr); ok && r.isHelper(call) {
			call.AdjustRet = false // it has one result anyway
			return s
		}
		if !isRisky(value) {
			return s
		}
		return doStmt(s, localStmt(s, []string{"(v)"}, value), assignStmt(s, target, ident(s, "(v)")))
	}
}

// assignMany evaluates everything first and then assigns from right to left, as
// Lua does.
func (r *rewriter) assignMany(s *ast.AssignStmt) ast.Stmt {
	var out, stores []ast.Stmt
	values := make([]string, len(s.Lhs))
	for i, target := range s.Lhs {
		values[i] = fmt.Sprintf("(v%d)", i)
		value := ident(s, values[i])
		at, ok := target.(*ast.AttrGetExpr)
		if !ok {
			stores = append(stores, assignStmt(s, target, value))
			continue
		}
		object, key := fmt.Sprintf("(o%d)", i), at.Key
		out = append(out, localStmt(s, []string{object}, adjusted(at.Object)))
		if _, ok := key.(ast.ConstExpr); !ok {
			name := fmt.Sprintf("(k%d)", i)
			out = append(out, localStmt(s, []string{name}, adjusted(key)))
			key = ident(s, name)
		}
		stores = append(stores, r.store(s, ident(s, object), key, value))
	}
	out = append(out, localStmt(s, values, s.Rhs...))
	for i := len(stores) - 1; i >= 0; i-- {
		out = append(out, stores[i])
	}
	return doStmt(s, out...)
}

// store assigns to a field. Unless its name is in the source, a helper does it:
// one index far beyond the end of an array takes seconds and gigabytes.
func (r *rewriter) store(at ast.PositionHolder, object, key, value ast.Expr) ast.Stmt {
	if _, ok := key.(*ast.StringExpr); ok {
		target := on(at, &ast.AttrGetExpr{Object: object, Key: key})
		return assignStmt(at, target, value)
	}
	call := r.helper(at, "(store)", object, adjusted(key), adjusted(value))
	return on(at, &ast.FuncCallStmt{Expr: call})
}
