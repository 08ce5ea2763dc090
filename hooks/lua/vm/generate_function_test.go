package vm

import (
	"fmt"
	"strings"
)

func (g *generator) function() {
	name, params := g.fresh(), []string{}
	loops, vararg := g.loops, g.vararg
	g.loops, g.vararg = 0, g.IntN(3) == 0
	g.push()
	for range g.IntN(4) {
		p := g.fresh()
		g.bind(p, num)
		params = append(params, p)
	}
	list := strings.Join(params, ", ")
	if g.vararg {
		list = strings.TrimPrefix(list+", ...", ", ")
	}
	switch g.IntN(3) {
	case 0:
		g.line("local function %s(%s)", name, list)
	case 1:
		g.line("local %s = function(%s)", name, list)
	case 2:
		g.line("function %s(%s)", strings.ToUpper(name), list)
		name = strings.ToUpper(name)
	}
	for _, p := range params {
		g.line("%s = %s or %d", p, p, g.IntN(9))
	}
	g.block(1 + g.IntN(4))
	g.line("do return %s end", g.results())
	g.line("end")
	g.pop()
	g.loops, g.vararg = loops, vararg
	g.line("out(%s(%s))", name, g.nums(5))
	g.line("out((%s(%s)))", name, g.nums(5))
	if v := g.pick(num); v != "" {
		g.line("%s = %s", v, "tonumber((("+name+"("+g.nums(3)+")))) or 3")
	}
}

func (g *generator) results() string {
	if g.vararg {
		return []string{"select('#', ...), ...", g.expr(num, 2) + ", (...)", "..."}[g.IntN(3)]
	}
	if g.IntN(4) == 0 {
		return fmt.Sprintf("three(%s)", g.expr(num, 1))
	}
	return g.exprs(1 + g.IntN(2))
}

// protected raises errors through functions whose variables live on.
func (g *generator) protected() {
	n := g.fresh()
	g.line("local %s = %s", n, g.expr(num, 1))
	g.line("local function bump%s() %s = %s + 1 end", n, n, n)
	call := "pcall(function()"
	if g.IntN(3) == 0 {
		call = "xpcall(function()"
	}
	g.line("bump%s()", n)
	g.line("caught(%s", call)
	g.push()
	g.bind(n, num)
	loops, vararg := g.loops, g.vararg
	g.loops, g.vararg = 0, false
	defer func() { g.vararg = vararg }()
	g.block(1 + g.IntN(3))
	g.loops = loops
	g.pop()
	g.line("bump%s()", n)
	g.line("if %s then error(%s) end", g.expr(boolean, 2), []string{`"!x"`, `{}`, `"!y", 0`, `"!z", 2`, "nil", "7"}[g.IntN(6)])
	g.line("return %s", g.exprs(1+g.IntN(2)))
	if strings.HasPrefix(call, "x") {
		g.line("end, function(e) bump%s() return e end))", n)
	} else {
		g.line("end))")
	}
	g.line("bump%s() out(%s)", n, n)
	g.bind(n, num)
}

func (g *generator) coroutine() {
	c, vararg := g.fresh(), g.vararg
	g.vararg = false
	g.line("local %s = coroutine.wrap(function(a)", c)
	n := 1 + g.IntN(3)
	g.line("for i = 1, %d do a = coroutine.yield(i, a or %s) end", n, g.expr(num, 1))
	g.line("return %s", g.exprs(1))
	g.line("end)")
	g.vararg = vararg
	g.line("out(%s(%s)) for i = 1, %d do out(%s(i)) end", c, g.nums(2), n, c)
}

func (g *generator) closures() {
	v := g.fresh()
	g.line("local %s = {}", v)
	g.line("for i = 1, 3 do local j = i * %s; %s[i] = function(d) j = j + (d or i) return j end end", g.expr(num, 1), v)
	g.line("out(%s[1](), %s[2](%s), %s[1](%d), %s[3]())", v, v, g.expr(num, 1), v, g.IntN(5), v)
}
