package lua

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"edged/hooks/lua/vm"
)

// checkLocals refuses a script whose hooks assign to locals of the file. It looks
// like something that is remembered, and is forgotten after the event. The source
// has been compiled, so that it is neither wrong nor too deep.
//
// Hooks are the functions that are handed to a verb, and those that they mention:
// what only the body calls may assign to what it likes. So that a function in a
// table is found, it counts as mentioned when the table is. What a library returns
// counts as called by a hook.
func checkLocals(name, source string) error {
	stmts, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return fmt.Errorf("%s: parse again: %w", name, err)
	}
	c := &localsCheck{scope: &scope{names: map[string]*variable{}}, globals: map[string]*variable{}, seen: map[*closure]bool{}, first: -1}
	c.block(stmts)
	for _, f := range c.roots {
		c.reach(f)
	}
	if c.first < 0 {
		return nil
	}
	return &vm.Error{
		Chunk: name, Line: c.first,
		Message: fmt.Sprintf("'%s' is a local of the file: what a hook assigns to it is forgotten after the event; use edged.kv", c.name),
	}
}

type localsCheck struct {
	scope   *scope
	globals map[string]*variable
	fn      *closure   // whose body is visited; nil for that of the file
	made    []*closure // in the statement of the file that is visited
	roots   []*closure // that hooks begin with
	seen    map[*closure]bool
	first   int // line of the first such assignment
	name    string
}

// scope is a block and its locals.
type scope struct {
	outer *scope
	names map[string]*variable
}

type variable struct {
	ofFile bool
	values []*closure // functions that were assigned to it or within it
}

// closure is a function expression.
type closure struct {
	assigns []assignment
	uses    []*variable
	inner   []*closure
}

type assignment struct {
	name string
	line int
}

// reach looks for assignments in a function and in all that it may call.
func (c *localsCheck) reach(f *closure) {
	if c.seen[f] {
		return
	}
	c.seen[f] = true
	for _, a := range f.assigns {
		if c.first < 0 || a.line < c.first {
			c.first, c.name = a.line, a.name
		}
	}
	for _, inner := range f.inner {
		c.reach(inner)
	}
	for _, v := range f.uses {
		for _, value := range v.values {
			c.reach(value)
		}
	}
}

func (c *localsCheck) declare(names ...string) {
	for _, name := range names {
		c.scope.names[name] = &variable{ofFile: c.fn == nil}
	}
}

func (c *localsCheck) lookUp(name string) *variable {
	for s := c.scope; s != nil; s = s.outer {
		if v := s.names[name]; v != nil {
			return v
		}
	}
	if c.globals[name] == nil {
		c.globals[name] = &variable{}
	}
	return c.globals[name]
}

// within visits a block of its own.
func (c *localsCheck) within(stmts []ast.Stmt, names ...string) {
	c.scope = &scope{outer: c.scope, names: map[string]*variable{}}
	c.declare(names...)
	c.block(stmts)
	c.scope = c.scope.outer
}

func (c *localsCheck) block(stmts []ast.Stmt) {
	for _, s := range stmts {
		c.stmt(s)
	}
}

func (c *localsCheck) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		c.assign(s.Lhs, s.Rhs)
	case *ast.LocalAssignStmt:
		c.local(s)
	case *ast.FuncCallStmt:
		c.expr(s.Expr)
	case *ast.DoBlockStmt:
		c.within(s.Stmts)
	case *ast.WhileStmt:
		c.expr(s.Condition)
		c.within(s.Stmts)
	case *ast.RepeatStmt:
		c.within(s.Stmts)
		c.expr(s.Condition)
	case *ast.IfStmt:
		c.expr(s.Condition)
		c.within(s.Then)
		c.within(s.Else)
	case *ast.NumberForStmt:
		c.exprs(s.Init, s.Limit, s.Step)
		c.within(s.Stmts, s.Name)
	case *ast.GenericForStmt:
		c.exprs(s.Exprs...)
		c.within(s.Stmts, s.Names...)
	case *ast.FuncDefStmt:
		target := s.Name.Func
		if target == nil {
			target = s.Name.Receiver
			c.values(target, s.Func)
			return
		}
		c.assign([]ast.Expr{target}, []ast.Expr{s.Func})
	case *ast.ReturnStmt:
		c.returns(s)
	}
}

func (c *localsCheck) local(s *ast.LocalAssignStmt) {
	if len(s.Exprs) == 1 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok { // its own name is known in a local function
			c.declare(s.Names...)
			c.values(&ast.IdentExpr{Value: s.Names[0]}, s.Exprs...)
			return
		}
	}
	made := c.collect(s.Exprs...)
	c.declare(s.Names...)
	for _, name := range s.Names {
		c.scope.names[name].values = made
	}
}

// assign notes an assignment within a function to a local of the file.
func (c *localsCheck) assign(targets, exprs []ast.Expr) {
	for _, target := range targets {
		if id, ok := target.(*ast.IdentExpr); ok {
			if c.fn != nil && c.lookUp(id.Value).ofFile {
				c.fn.assigns = append(c.fn.assigns, assignment{id.Value, id.Line()})
			}
		} else {
			c.expr(target)
		}
		c.values(target, exprs...)
		exprs = nil // visited
	}
}

// values visits expressions whose functions become values of a variable or of a
// field within it.
func (c *localsCheck) values(target ast.Expr, exprs ...ast.Expr) {
	made := c.collect(exprs...)
	for {
		switch t := target.(type) {
		case *ast.AttrGetExpr:
			target = t.Object
			continue
		case *ast.IdentExpr:
			v := c.lookUp(t.Value)
			v.values = append(v.values, made...)
		}
		return
	}
}

// collect visits expressions and returns the functions in them.
func (c *localsCheck) collect(exprs ...ast.Expr) []*closure {
	outer := c.made
	c.made = nil
	c.exprs(exprs...)
	made := c.made
	c.made = slices.Concat(outer, made)
	return made
}

// returns takes what a library returns for what hooks call.
func (c *localsCheck) returns(s *ast.ReturnStmt) {
	if c.fn != nil {
		c.exprs(s.Exprs...)
		return
	}
	c.hook(s.Exprs...)
}

// hook visits expressions whose functions, and those of whose variables, are called
// by hooks.
func (c *localsCheck) hook(exprs ...ast.Expr) {
	outer := c.fn
	c.fn = &closure{}
	c.roots = append(c.roots, c.fn)
	c.exprs(exprs...)
	c.fn = outer
}

func (c *localsCheck) exprs(list ...ast.Expr) {
	for _, e := range list {
		c.expr(e)
	}
}

func (c *localsCheck) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if c.fn != nil {
			c.fn.uses = append(c.fn.uses, c.lookUp(e.Value))
		}
	case *ast.FunctionExpr:
		c.function(e)
	case *ast.FuncCallExpr:
		c.exprs(e.Func, e.Receiver)
		if isVerb(e) {
			c.hook(e.Args...)
		} else {
			c.exprs(e.Args...)
		}
	case *ast.AttrGetExpr:
		c.exprs(e.Object, e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			c.exprs(f.Key, f.Value)
		}
	case *ast.LogicalOpExpr:
		c.exprs(e.Lhs, e.Rhs)
	case *ast.RelationalOpExpr:
		c.exprs(e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		c.exprs(e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		c.exprs(e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		c.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		c.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		c.expr(e.Expr)
	}
}

func (c *localsCheck) function(e *ast.FunctionExpr) {
	f := &closure{}
	if c.fn != nil {
		c.fn.inner = append(c.fn.inner, f)
	}
	c.made = append(c.made, f)
	outer, made := c.fn, c.made
	c.fn = f
	c.within(e.Stmts, append([]string{"self"}, e.ParList.Names...)...)
	c.fn, c.made = outer, made
}

// isVerb reports whether a call registers a hook.
func isVerb(e *ast.FuncCallExpr) bool {
	at, ok := e.Func.(*ast.AttrGetExpr)
	if !ok {
		return false
	}
	object, ok1 := at.Object.(*ast.IdentExpr)
	key, ok2 := at.Key.(*ast.StringExpr)
	if !ok1 || !ok2 || object.Value != "edged" {
		return false
	}
	switch key.Value {
	case "before", "after", "on", "every", "cron":
		return true
	}
	return false
}
