package vm

import (
	"fmt"
	"strings"
)

func (g *generator) exprs(n int) string {
	var list []string
	for range n {
		list = append(list, g.expr(g.kind(), 2))
	}
	return strings.Join(list, ", ")
}

// expr returns an expression of a kind, at most so deep.
func (g *generator) expr(k kind, depth int) string {
	if v := g.pick(k); v != "" && g.IntN(3) == 0 {
		return v
	}
	switch k {
	case num:
		return g.number(depth)
	case str:
		return g.text(depth)
	case boolean:
		return g.truth(depth)
	case tab:
		return g.table(depth)
	}
	return g.any(depth)
}

func (g *generator) number(depth int) string {
	if depth <= 0 {
		return []string{"0", "1", "2", "3.5", "10", "0010", "0x1F", "1e2", "-4", ".25", "100", "1e15"}[g.IntN(12)]
	}
	a, b := g.expr(num, depth-1), g.expr(num, depth-1)
	switch g.IntN(22) {
	case 16:
		return fmt.Sprintf("(obj(%s) + %s).n", a, b)
	case 17:
		return fmt.Sprintf("(-obj(%s)).n", a)
	case 18:
		return fmt.Sprintf("(select(2, obj(%s)(%s, nil)))", a, b)
	case 19:
		return fmt.Sprintf("(%s ^ 2 %% 1000)", []string{"3", "2", "-1", "0.5"}[g.IntN(4)])
	case 20:
		return fmt.Sprintf("((%s):byte(%d) or 0)", g.expr(str, depth-1), 1+g.IntN(3))
	case 21:
		return fmt.Sprintf("select(-1, %s, %s)", a, b)
	case 0, 1:
		return fmt.Sprintf("(%s + %s)", a, b)
	case 2:
		return fmt.Sprintf("(%s - %s)", a, b)
	case 3:
		return fmt.Sprintf("(%s * %s + 0)", a, b) // no -0, which gopher-lua has not
	case 4:
		return fmt.Sprintf("(%s / 4)", a)
	case 5:
		return fmt.Sprintf("mod(%s, 7)", a)
	case 6:
		return fmt.Sprintf("(-(%s) + 0)", a)
	case 7:
		return fmt.Sprintf("#%s", g.expr(str, depth-1))
	case 8:
		return fmt.Sprintf("(%s and %s or %s)", g.expr(boolean, depth-1), a, b)
	case 9:
		return fmt.Sprintf("(tonumber(%s) or %s)", g.expr(anything, depth-1), a)
	case 10:
		return fmt.Sprintf("select('#', three(%s), %s)", a, b)
	case 11:
		return fmt.Sprintf("(three(%s))", a)
	case 12:
		return fmt.Sprintf("math.%s(%s, %s)", []string{"max", "min"}[g.IntN(2)], a, b)
	case 13:
		return fmt.Sprintf("(%q + %s)", []string{"10", "0x10", "010", " 5 ", "1e1"}[g.IntN(5)], a)
	case 14:
		return fmt.Sprintf("(function(a, ...) local b = ... return a + (b or 1) end)(%s, %s)", a, b)
	}
	return fmt.Sprintf("obj(%s):add(%s).n", a, b)
}

func (g *generator) truth(depth int) string {
	if depth <= 0 {
		return []string{"true", "false"}[g.IntN(2)]
	}
	a, b := g.expr(anything, depth-1), g.expr(anything, depth-1)
	switch g.IntN(12) {
	case 0:
		return fmt.Sprintf("not (%s)", a)
	case 1:
		return fmt.Sprintf("(%s and true)", g.expr(boolean, depth-1))
	case 2:
		return fmt.Sprintf("not (%s or %s) and %s", a, b, g.expr(boolean, depth-1))
	case 3:
		return fmt.Sprintf("(%s %s %s)", g.expr(num, depth-1), []string{"<", "<=", ">", ">="}[g.IntN(4)], g.expr(num, depth-1))
	case 4:
		return fmt.Sprintf("(%s %s %s)", a, []string{"==", "~="}[g.IntN(2)], b)
	case 5:
		return fmt.Sprintf("(%s < %s)", g.expr(str, depth-1), g.expr(str, depth-1))
	case 6:
		return fmt.Sprintf("(%s and not %s or false)", g.expr(boolean, depth-1), b)
	case 7:
		return fmt.Sprintf("(nil == %s)", a)
	case 8:
		return fmt.Sprintf("obj(%s) %s obj(%s)", g.expr(num, depth-1), []string{"<", "<=", "==", "~="}[g.IntN(4)], g.expr(num, depth-1))
	case 9:
		return fmt.Sprintf("not not (%s)", a)
	case 10:
		return fmt.Sprintf("(%s or %s) == %s", a, b, a)
	}
	return fmt.Sprintf("(type(%s) == %q)", a, []string{"number", "string", "nil", "table"}[g.IntN(4)])
}

// any mixes constants into and/or, which is where compilers go wrong.
func (g *generator) any(depth int) string {
	if depth <= 0 {
		return []string{"nil", "true", "false", "0", `"s"`, "1"}[g.IntN(6)]
	}
	a, b := g.any(depth-1), g.expr(g.kind(), depth-1)
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("(%s and %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s or %s)", a, b)
	case 2:
		return fmt.Sprintf("(%s and %s or %s)", a, b, g.any(depth-1))
	case 3:
		return fmt.Sprintf("(%s or %s and %s)", a, b, g.any(depth-1))
	case 4:
		return fmt.Sprintf("(not %s and %s)", a, b)
	case 5:
		return fmt.Sprintf("(%s and (%s or nil))", a, b)
	case 6:
		return fmt.Sprintf("(three(%s))", b)
	case 7:
		return g.expr(g.kind(), depth-1)
	}
	if g.vararg {
		return "(...)"
	}
	return a
}

func (g *generator) text(depth int) string {
	if depth <= 0 {
		return []string{`""`, `"a"`, `"hello world"`, `"x=1, y=22"`, `"%d+"`, `'it\'s'`, `"\065\n\0z"`, `[[long]]`}[g.IntN(8)]
	}
	a := g.expr(str, depth-1)
	n := fmt.Sprintf("mod(%s, 9)", g.expr(num, depth-1))
	switch g.IntN(17) {
	case 14:
		return fmt.Sprintf("tostring(obj(%s))", g.expr(num, depth-1))
	case 15:
		return fmt.Sprintf("string.char(65 + mod(%s, 26), 97 + %s)", n, n)
	case 16:
		return fmt.Sprintf("tostring((%s):find(%s, %d, %s))", a, g.expr(str, 0), 1+g.IntN(3), "true")
	case 0, 1:
		return fmt.Sprintf("(%s .. %s)", a, g.expr(str, depth-1))
	case 2:
		return fmt.Sprintf("(%s .. %s)", a, g.expr(num, depth-1))
	case 3:
		return fmt.Sprintf("(%s):sub(%s, %s)", a, n, n)
	case 4:
		return fmt.Sprintf("(%s):rep(mod(%s, 3))", a, n)
	case 5:
		return fmt.Sprintf("tostring(%s)", g.expr([]kind{num, str, boolean}[g.IntN(3)], depth-1))
	case 6:
		return fmt.Sprintf("((%s):gsub(%s, %s))", a, g.pattern(), []string{`"<%0>"`, "string.upper", "{a = 1, hello = false}", `"%1"`, "function(x) return #x end"}[g.IntN(5)])
	case 7:
		return fmt.Sprintf("((%s):match(%s) or \"none\")..\"\"", a, g.pattern())
	case 8:
		return fmt.Sprintf("(%s):%s()", a, []string{"upper", "lower", "reverse"}[g.IntN(3)])
	case 9:
		return fmt.Sprintf("string.format(%s, %s)", []string{`"%5.2f|"`, `"%g"`, `"%-6d|"`, `"%+03d"`, `"%e"`, `"%x"`, `"%5s"`, `"%q"`, `"%.3s"`}[g.IntN(9)], "mod("+g.expr(num, depth-1)+", 100000)")
	case 10:
		return fmt.Sprintf("table.concat({%s, %s}, %s)", a, g.expr(num, depth-1), g.expr(str, 0))
	case 11:
		return fmt.Sprintf("(obj(%s) .. %s)", g.expr(num, depth-1), a)
	case 12:
		return fmt.Sprintf("table.concat(each((%s):gmatch(%s)), \",\")", a, g.pattern())
	}
	return fmt.Sprintf("(%s and %s or %s)", g.expr(boolean, depth-1), a, g.expr(str, depth-1))
}

func (g *generator) pattern() string {
	return []string{`"%a+"`, `"(%w)=(%w*)"`, `"l+"`, `"."`, `"^h"`, `"o$"`, `"[^%s]+"`, `"%f[%w]%w+"`, `".-o"`, `"()l"`, `"%d*"`, `"[a-f]"`, `"%bho"`, `"(.)%1"`}[g.IntN(14)]
}

func (g *generator) table(depth int) string {
	var fields []string
	for range g.IntN(4) {
		switch g.IntN(6) {
		case 0:
			fields = append(fields, "x = "+g.expr(num, depth-1))
		case 1:
			fields = append(fields, fmt.Sprintf("[%s] = %s", []string{`"y"`, "-2", "1.5", "true"}[g.IntN(4)], g.expr(num, depth-1)))
		default: // not nil: what # gives for a table with holes, the manual leaves open
			fields = append(fields, "("+g.expr(num, depth-1)+" or 0)")
		}
	}
	switch g.IntN(6) {
	case 0:
		fields = append(fields, "three("+g.expr(num, depth-1)+")")
	case 1:
		if g.vararg {
			fields = append(fields, "...")
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
