package check

import "github.com/yuin/gopher-lua/ast"

// A variable is what is known of one local.
type variable struct {
	path  string            // of the API that it stands for, such as edged.time
	class string            // of the table that it holds, such as edged.Container?
	fn    *ast.FunctionExpr // that it is
	at    *scope            // in which the function stands
}

// A scope is a block.
type scope struct {
	outer *scope
	vars  map[string]*variable
}

func (s *scope) find(name string) *variable {
	for ; s != nil; s = s.outer {
		if v := s.vars[name]; v != nil {
			return v
		}
	}
	return nil
}

// A walker visits a file in the order of its lines and calls the rules.
type walker struct {
	*source
	know  *knowledge
	scope *scope
	hook  *hook // whose function is visited; nil in the body, and in functions that are no hooks
	inFn  bool  // within any function

	hooks     map[*ast.FunctionExpr]*hook // by the function that is registered
	globals   map[string]bool             // that the file itself sets
	registers []registration
	calls     []call      // of the API
	returned  map[int]int // how many return statements of a line have been visited
	needs     []need
}

func (w *walker) block(stmts []ast.Stmt) {
	w.scope = &scope{outer: w.scope, vars: map[string]*variable{}}
	for _, s := range stmts {
		w.stmt(s)
	}
	w.scope = w.scope.outer
}

func (w *walker) declare(name string, v *variable) { w.scope.vars[name] = v }

func (w *walker) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.exprs(s.Rhs)
		for _, target := range s.Lhs {
			w.assign(target)
		}
	case *ast.LocalAssignStmt:
		w.local(s)
	case *ast.FuncCallStmt:
		w.expr(s.Expr)
		w.dropped(s.Expr)
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		w.expr(s.Condition)
		w.block(s.Stmts)
	case *ast.RepeatStmt:
		w.block(append(s.Stmts[:len(s.Stmts):len(s.Stmts)], &ast.FuncCallStmt{Expr: s.Condition}))
	case *ast.IfStmt:
		w.expr(s.Condition)
		w.block(s.Then)
		w.block(s.Else)
	case *ast.NumberForStmt:
		w.numberFor(s)
	case *ast.GenericForStmt:
		w.exprs(s.Exprs)
		w.scoped(s.Names, s.Stmts)
	case *ast.FuncDefStmt:
		w.define(s)
	case *ast.ReturnStmt:
		w.returns(s)
		w.exprs(s.Exprs)
	}
}

// scoped visits a block with variables of its own of which nothing is known.
func (w *walker) scoped(names []string, stmts []ast.Stmt) {
	w.scope = &scope{outer: w.scope, vars: map[string]*variable{}}
	for _, n := range names {
		w.declare(n, &variable{})
	}
	w.block(stmts)
	w.scope = w.scope.outer
}

func (w *walker) local(s *ast.LocalAssignStmt) {
	recursive := len(s.Names) == 1 && len(s.Exprs) == 1
	if _, ok := last(s.Exprs).(*ast.FunctionExpr); ok && recursive {
		w.declare(s.Names[0], &variable{})
	}
	w.exprs(s.Exprs)
	for i, name := range s.Names {
		v := &variable{}
		if i < len(s.Exprs) {
			v.path, v.class = w.pathOf(s.Exprs[i]), w.classOf(s.Exprs[i])
			v.fn, _ = s.Exprs[i].(*ast.FunctionExpr)
			v.at = w.scope
		}
		w.declare(name, v)
	}
}

// assign visits the target of an assignment. What was known of a local is
// forgotten.
func (w *walker) assign(target ast.Expr) {
	switch t := target.(type) {
	case *ast.IdentExpr:
		if v := w.scope.find(t.Value); v != nil {
			*v = variable{}
			return
		}
		w.setsGlobal(t)
	case *ast.AttrGetExpr:
		w.expr(t.Object)
		w.expr(t.Key)
		w.setsField(t)
	}
}

func (w *walker) define(s *ast.FuncDefStmt) {
	switch name := s.Name.Func.(type) {
	case *ast.IdentExpr:
		if w.scope.find(name.Value) == nil {
			w.setsGlobal(name)
		}
	case nil:
		w.expr(s.Name.Receiver)
	default:
		w.expr(s.Name.Func.(*ast.AttrGetExpr).Object) //nolint:forcetypeassert // a function's name has no other form
	}
	w.function(s.Func, s.Name.Func == nil)
}

func (w *walker) function(f *ast.FunctionExpr, method bool) {
	outer := *w
	w.hook, w.inFn = w.hooks[f], true
	names := f.ParList.Names
	w.scope = &scope{outer: w.scope, vars: map[string]*variable{}}
	if method {
		w.declare("self", &variable{})
	}
	for i, n := range names {
		v := &variable{}
		if i == 0 && w.hook != nil {
			v.class = "edged.Event"
		}
		w.declare(n, v)
	}
	w.block(f.Stmts)
	w.hook, w.inFn, w.scope = outer.hook, outer.inFn, outer.scope
}

func (w *walker) exprs(list []ast.Expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *walker) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		w.name(e)
	case *ast.AttrGetExpr:
		w.expr(e.Object)
		w.expr(e.Key)
		w.field(e)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				w.expr(f.Key)
			}
			w.expr(f.Value)
		}
		w.table(e)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			w.expr(e.Func)
			w.register(e)
		} else {
			w.expr(e.Receiver)
		}
		w.exprs(e.Args)
		w.call(e)
	case *ast.FunctionExpr:
		w.function(e, false)
	case *ast.ArithmeticOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
		w.arithmetic(e)
	case *ast.LogicalOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.RelationalOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.StringConcatOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.UnaryMinusOpExpr:
		w.expr(e.Expr)
		w.negative(e)
	case *ast.UnaryNotOpExpr:
		w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		w.expr(e.Expr)
	}
}

// last is the last expression of a list, nil of an empty one.
func last(list []ast.Expr) ast.Expr {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// text returns the value of a string in the source.
func text(e ast.Expr) (string, bool) {
	s, ok := e.(*ast.StringExpr)
	if !ok {
		return "", false
	}
	return s.Value, true
}
