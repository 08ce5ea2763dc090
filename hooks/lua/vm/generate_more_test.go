package vm

import (
	"fmt"
	"strings"
)

// class makes a table with methods that call each other, and one that inherits.
func (g *generator) class() {
	c, d, o := g.fresh(), g.fresh(), g.fresh()
	loops, vararg := g.loops, g.vararg
	g.loops, g.vararg = 0, false
	g.line("local %s = { count = %s }", c, g.expr(num, 1))
	g.line("%s.__index = %s", c, c)
	g.line("function %s.new(n) return setmetatable({ n = n }, %s) end", c, c)
	g.line("function %s:bump(by, ...) self.n = self.n + (by or 1); self.last = ... return self end", c)
	g.line("function %s:get(...) if %s then return self.n, ... end return self.count end", c, g.expr(boolean, 2))
	g.line("local %s = setmetatable({}, { __index = %s })", d, c)
	g.line("%s.__index = %s", d, d)
	g.line("%s.__lt = function(a, b) return a.n > b.n end", d)
	g.line("%s.__len = nil", d)
	g.line("function %s:get(...) local a, b = %s.get(self, ...) return b, a end", d, c)
	g.loops, g.vararg = loops, vararg
	g.line("local %s = setmetatable(%s.new(%s), %s)", o, c, g.expr(num, 1), d)
	g.line("out(%s:bump(%s):bump():get(%s))", o, g.nums(2), g.nums(3))
	g.line("out(%s.new(1):get(three(2)), %s < setmetatable({ n = 2 }, %s), rawget(%s, \"get\"), %s.last)", c, o, d, o, o)
}

// library calls what remains of the libraries of tables and strings.
func (g *generator) library() {
	t := g.fresh()
	g.line("local %s = {%s, %s, %s}", t, g.expr(num, 1), g.expr(num, 1), g.expr(num, 2))
	g.line("for i = 1, #%s do if %s[i] ~= %s[i] then %s[i] = i end end", t, t, t, t) // no order of not a number
	switch g.IntN(8) {
	case 0:
		g.line("table.insert(%s, %s) table.insert(%s, %d, %s)", t, g.expr(num, 1), t, 1+g.IntN(3), g.expr(num, 1))
	case 1:
		g.line("out(table.remove(%s), table.remove(%s, 1), table.remove({}))", t, t)
	case 2:
		g.line("table.sort(%s)", t)
	case 3:
		g.line("table.sort(%s, function(a, b) return a > b end)", t)
	case 4:
		g.line("out(unpack(%s, %d))", t, 1+g.IntN(3))
		g.line("out((\"x\"):rep(3), (unpack(%s)), select(\"#\", unpack({ nil, nil }, 1, 2)))", t)
	case 5:
		g.line("out(next({}), next(%s), rawget(%s, 1), rawequal(%s, %s), #%s)", t, t, t, t, t)
		g.line("out(back(%s)[1], back({ x = 1 }).x, getmetatable(back({})) ~= nil, getmetatable(\"\") ~= nil)", t)
	case 6:
		g.line("local sum = 0 for _, v in pairs(%s) do sum = sum + v end for _ in pairs({}) do sum = 0 end out(sum)", t)
	case 7:
		g.line("local b = back(%s) b[1], b.y = b[2], b[1] out(%s[1], %s.y, rawget(b, 1))", t, t, t)
	}
	g.line("out(table.concat(%s, %s), #%s, table.maxn(%s))", t, g.expr(str, 0), t, t)
	g.line("out((%s):find(%s), (%s):len(), (%s):byte(1, 3))", g.expr(str, 1), g.pattern(), g.expr(str, 1), g.expr(str, 1))
	g.line("out((%s):gsub(%s, %s, %d))", g.expr(str, 1), g.pattern(), []string{`"%%"`, `"<%1>"`, "function(...) return ... end", "function() end"}[g.IntN(4)], g.IntN(3))
}

// nestedLoops breaks out of the inner of two loops, and returns out of both.
func (g *generator) nestedLoops() {
	i, j, f := g.fresh(), g.fresh(), g.fresh()
	g.push()
	loops, vararg := g.loops, g.vararg
	g.loops, g.vararg = 0, false
	g.line("local function %s()", f)
	g.line("for %s = %s, %s, %s do", i, []string{"3", "0.5", "1", "10"}[g.IntN(4)], []string{"1", "2.5", "3", "12"}[g.IntN(4)], []string{"-1", "0.5", "1", "3"}[g.IntN(4)])
	g.line("local %s = 0", j)
	g.line("repeat %s = %s + 1", j, j)
	g.bind(i, num)
	g.bind(j, num)
	g.line("keep[#keep + 1] = function() %s = %s + %s return %s end", j, j, i, j)
	g.line("if %s then break elseif %s then return %s, %s end", g.expr(boolean, 2), g.expr(boolean, 2), i, j)
	g.line("local k = %s", g.expr(boolean, 1))
	g.line("until k or %s > 3", j)
	g.line("end end")
	g.pop()
	g.loops, g.vararg = loops, vararg
	g.line("out(%s())", f)
}

// errors raises faults of the language itself through several protected calls,
// and goes on with the variables that they left.
func (g *generator) errors() {
	n := g.fresh()
	fault := []string{"nil + 1", "{} .. \"\"", "#5", "nil < 1", "{} < {}", "(nil)()", "(nil).x", "\"a\" + 1", "-{}", "1 < \"1\"", "error()", "error({})", "assert(false, \"!a\")", "assert(nil)", "setmetatable(1, {})", "(\"x\"):rep()", "ipairs()", "tonumber({}, 37)"}[g.IntN(18)]
	g.line("local %s = %s", n, g.expr(num, 1))
	g.line("caught(pcall(function(...)")
	g.line("local inner = %s", n)
	g.line("keep[#keep + 1] = function() inner = inner + 1; %s = %s + 1 return inner end", n, n)
	g.line("caught(xpcall(function() inner = inner * 2; local x = %s return x end, function(e) inner = inner + 1 return type(e) end))", fault)
	g.line("%s = inner", n)
	g.line("if ... then local x = %s end", fault)
	g.line("return inner, select(\"#\", ...)")
	g.line("end%s))", []string{"", ", true", ", nil", ", false, 1"}[g.IntN(4)])
	g.line("out(%s)", n)
}

// constructor makes tables that are longer than gopher-lua stores at once.
func (g *generator) constructor() {
	t := g.fresh()
	n := []int{3, 48, 49, 50, 51, 99, 100, 101}[g.IntN(8)]
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprint(i)
	}
	if g.IntN(2) == 0 {
		items[g.IntN(n)] = g.expr(num, 1)
	}
	if g.IntN(2) == 0 {
		at := g.IntN(n)
		items[at] += ", x = " + g.expr(num, 1)
	}
	if g.IntN(2) == 0 {
		items = append(items, []string{"three(1)", "(three(2))", "unpack({1, 2, 3})", "obj(5)(6, 7)"}[g.IntN(4)])
	}
	g.line("local %s = { %s }", t, strings.Join(items, ", "))
	g.line("out(#%s, %s.x, %s[1], %s[%d], %s[50], %s[51], %s[#%s])", t, t, t, t, n, t, t, t, t)
	g.bind(t, tab)
}

// recursion calls itself in tail position, mutually, and not in tail position.
func (g *generator) recursion() {
	f, h := g.fresh(), g.fresh()
	g.line("local %s, %s", f, h)
	g.line("function %s(n, ...) if n <= 0 then return ... end return %s(n - 1, n, ...) end", f, h)
	g.line("%s = function(n, a, ...) if n <= 0 then return a, ... end return %s(n - 1, ...) end", h, f)
	g.line("out(%s(%d, %s))", f, g.IntN(6), g.exprs(2))
	g.line("out(fact(%d), (%s(%d)))", g.IntN(8), h, g.IntN(4))
	g.line("local function %sr(n) local m = n * 2 if n > 0 then local r = %sr(n - 1) keep[#keep + 1] = function() m = m + 1 return m end return r + m end return m end out(%sr(%d))", f, f, f, g.IntN(5))
}
