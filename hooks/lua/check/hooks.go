package check

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"edged/hooks"
	"edged/hooks/lua"
)

// A hook is what a function is registered for. An empty name stands for any.
type hook struct {
	phase hooks.Phase
	name  string
}

func (h *hook) String() string {
	if h.name == "" {
		return string(h.phase)
	}
	return string(h.phase) + " " + h.name
}

func (h *hook) has(f lua.Field) bool { return f.Has(h.phase, h.name) }

// A registration is a call that declares a hook or a timer.
type registration struct {
	line int
	verb string
	hook *hook
}

// register looks at a call before its arguments are visited: it may make a hook
// of one of them.
func (w *walker) register(e *ast.FuncCallExpr) {
	verb, ok := strings.CutPrefix(w.pathOf(e.Func), "edged.")
	h := &hook{}
	switch {
	case !ok:
		return
	case verb == "before" || verb == "after" || verb == "on":
		h.phase = hooks.Phase(verb)
		if len(e.Args) > 0 {
			name, _ := text(e.Args[0])
			h.name = hooks.Alias(h.phase, name)
			if strings.HasPrefix(name, hooks.MQTTPrefix) {
				h.name = "mqtt"
			}
		}
	case verb == "every" || verb == "cron":
		h.phase, h.name = hooks.On, string(hooks.NoticeTimer)
	default:
		return
	}
	if w.inFn && w.hook != nil {
		w.add(Error, "late-hook", e.Line(), verb, "edged.%s belongs into the body of the file, not into a hook", verb)
		return
	}
	if !w.inFn {
		w.registers = append(w.registers, registration{e.Line(), verb, h})
	}
	switch fn := last(e.Args).(type) {
	case *ast.FunctionExpr:
		w.hooks[fn] = h
	case *ast.IdentExpr:
		w.again(fn, h)
	}
}

// again visits a function that has been defined before, now as a hook.
func (w *walker) again(name *ast.IdentExpr, h *hook) {
	v := w.scope.find(name.Value)
	if v == nil || v.fn == nil {
		return
	}
	outer := *w
	w.hooks[v.fn], w.scope = h, v.at
	w.function(v.fn, false)
	w.scope = outer.scope
}

// returns looks at what a hook returns.
func (w *walker) returns(s *ast.ReturnStmt) {
	w.returned[s.Line()]++
	if w.hook == nil || len(s.Exprs) == 0 {
		return
	}
	e := s.Exprs[0]
	if v := literal(e); v != nil {
		w.addAt(Error, "no-answer", s.Line(), nth("return", w.returned[s.Line()]), "hook returns a %s; did you mean %s?", v.Type(), lua.Meant(v))
		return
	}
	if entry, ok := w.know.api[w.pathOf(e)]; ok && entry.Answers() != "" {
		w.addAt(Error, "no-answer", s.Line(), nth("return", w.returned[s.Line()]), "hook returns a function; did you mean %s(...)?", entry.Name)
		return
	}
	c, ok := e.(*ast.FuncCallExpr)
	if !ok || c.Func == nil {
		return
	}
	entry := w.know.api[w.pathOf(c.Func)]
	before := w.hook.phase == hooks.Before
	switch {
	case entry.Answers() == lua.TypeAction && before:
		w.addAt(Error, "no-answer", s.Line(), nth("return", w.returned[s.Line()]), "a before hook decides and can't act; return %s from edged.after or edged.on", entry.Name)
	case entry.Answers() == lua.TypeAnswer && !before:
		w.addAt(Error, "no-answer", s.Line(), nth("return", w.returned[s.Line()]), "%s answers edged.before; it is too late for it in edged.%s", entry.Name, w.hook.phase)
	}
}

// literal is the value that an expression has in every event, nil if it may vary.
func literal(e ast.Expr) glua.LValue {
	switch e := e.(type) {
	case *ast.TrueExpr:
		return glua.LTrue
	case *ast.FalseExpr:
		return glua.LFalse
	case *ast.StringExpr:
		return glua.LString(e.Value)
	case *ast.StringConcatOpExpr:
		return glua.LString("")
	case *ast.NumberExpr, *ast.ArithmeticOpExpr:
		return glua.LNumber(0)
	case *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return glua.LFalse
	case *ast.TableExpr:
		return &glua.LTable{}
	case *ast.FunctionExpr:
		return &glua.LFunction{}
	}
	return nil
}

// dropped looks at a call whose value nobody takes.
func (w *walker) dropped(e ast.Expr) {
	c, ok := e.(*ast.FuncCallExpr)
	if !ok || c.Func == nil {
		return
	}
	if entry := w.know.api[w.pathOf(c.Func)]; entry.Answers() != "" {
		w.add(Warning, "dropped-answer", c.Line(), lastName(entry.Name), "this answer is not given; write return %s(...)", entry.Name)
	}
}
