package vm

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator writes random programs that are valid Lua 5.1, end, and show what
// they compute through the function out. Its variables have a type, so that
// most of what it writes gets beyond the first line.
type generator struct {
	*rand.Rand
	out    strings.Builder
	indent int
	scopes [][]variable
	names  int
	loops  int // around, in this function
	vararg bool
	fuel   int // statements left
}

type variable struct {
	name string
	kind kind
}

type kind int

const (
	num kind = iota
	str
	boolean
	anything
	tab
	kinds
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// generate returns the program of a seed.
func generate(seed uint64) string {
	g := &generator{Rand: newRand(seed), fuel: 24}
	g.push()
	for _, k := range []kind{num, str, boolean, anything, tab} {
		g.declare(k)
	}
	g.block(4 + g.IntN(8))
	g.showAll()
	return g.out.String()
}

func (g *generator) push() { g.scopes = append(g.scopes, nil) }
func (g *generator) pop()  { g.scopes = g.scopes[:len(g.scopes)-1] }

func (g *generator) line(format string, args ...any) {
	g.out.WriteString(strings.Repeat("\t", g.indent))
	fmt.Fprintf(&g.out, format+"\n", args...)
}

func (g *generator) fresh() string {
	g.names++
	return fmt.Sprintf("v%d", g.names)
}

func (g *generator) bind(name string, k kind) {
	g.scopes[len(g.scopes)-1] = append(g.scopes[len(g.scopes)-1], variable{name, k})
}

// pick returns a variable of a kind, or nothing.
func (g *generator) pick(k kind) string {
	var found []string
	for _, s := range g.scopes {
		for _, v := range s {
			if v.kind == k {
				found = append(found, v.name)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return found[g.IntN(len(found))]
}

func (g *generator) declare(k kind) {
	name := g.fresh()
	g.line("local %s = %s", name, g.bounded(k, 3))
	g.bind(name, k)
}

// bounded keeps strings from doubling in loops.
func (g *generator) bounded(k kind, depth int) string {
	if k == str {
		return fmt.Sprintf("(%s):sub(1, 60)", g.expr(k, depth))
	}
	return g.expr(k, depth)
}

func (g *generator) showAll() {
	for _, s := range g.scopes {
		for _, v := range s {
			g.line("out(%s)", v.name)
		}
	}
}

func (g *generator) block(n int) {
	g.push()
	g.indent++
	for range n {
		if g.fuel <= 0 {
			break
		}
		g.fuel--
		g.statement()
	}
	g.indent--
	g.pop()
}

func (g *generator) statement() {
	switch g.IntN(28) {
	case 0, 1:
		g.declare(g.kind())
	case 2, 3, 4:
		g.assign()
	case 5:
		g.assignMany()
	case 6, 7:
		g.line("out(%s)", g.exprs(1+g.IntN(3)))
	case 8, 9:
		g.ifStatement()
	case 10:
		g.while()
	case 11:
		g.repeat()
	case 12:
		g.numericFor()
	case 13:
		g.genericFor()
	case 14, 15:
		g.function()
	case 16:
		g.protected()
	case 17:
		g.store()
	case 18:
		g.line("do")
		g.block(1 + g.IntN(4))
		g.line("end")
	case 19:
		g.swap()
	case 20:
		g.coroutine()
	case 21:
		g.closures()
	case 22:
		g.class()
	case 23:
		g.library()
	case 24:
		g.nestedLoops()
	case 25:
		g.errors()
	case 26:
		g.constructor()
	case 27:
		g.recursion()
	}
}

func (g *generator) kind() kind { return kind(g.IntN(int(kinds))) }

func (g *generator) assign() {
	k := g.kind()
	if v := g.pick(k); v != "" {
		g.line("%s = %s", v, g.bounded(k, 3))
		return
	}
	g.line("G%d = %s", g.IntN(3), g.expr(k, 3))
}

// assignMany assigns several at once, also to the variables that it reads.
func (g *generator) assignMany() {
	n := 2 + g.IntN(2)
	var left, right []string
	for range n {
		k := g.kind()
		v := g.pick(k)
		if t := g.pick(tab); k == num && t != "" && g.IntN(2) == 0 {
			v = fmt.Sprintf("%s[%s]", t, g.key(t))
		}
		if v == "" {
			v = fmt.Sprintf("G%d", g.IntN(3))
		}
		left = append(left, v)
		right = append(right, g.bounded(k, 2))
	}
	if g.IntN(4) == 0 {
		right = append(right[:1], fmt.Sprintf("three(%s)", g.expr(num, 1)))
	}
	g.line("%s = %s", strings.Join(left, ", "), strings.Join(right, ", "))
}

func (g *generator) swap() {
	k := g.kind()
	a, b := g.pick(k), g.pick(k)
	if a != "" && a != b {
		g.line("%s, %s = %s, %s", a, b, b, a)
	}
}

func (g *generator) store() {
	if t := g.pick(tab); t != "" {
		g.line("%s[%s] = %s", t, g.key(t), g.expr(num, 2))
		g.line("out(#%s, %s.x, %s[1])", t, t, t)
	}
}

func (g *generator) ifStatement() {
	g.line("if %s then", g.expr(boolean, 3))
	g.block(1 + g.IntN(3))
	if g.IntN(3) == 0 {
		g.line("elseif %s then", g.expr(anything, 2))
		g.block(1 + g.IntN(2))
	}
	if g.IntN(2) == 0 {
		g.line("else")
		g.block(1 + g.IntN(3))
	}
	g.line("end")
}

func (g *generator) maybeBreak() {
	switch g.IntN(5) {
	case 0:
		g.line("if %s then break end", g.expr(boolean, 2))
	case 1:
		v := g.fresh()
		g.line("do local %s = %s; keep[#keep + 1] = function() %s = %s + 1; return %s end; if %s then break end end",
			v, g.expr(num, 1), v, v, v, g.expr(boolean, 1))
	}
}

// while and the other loops count, so that they end.
func (g *generator) while() {
	i := g.fresh()
	g.line("local %s = 0", i)
	g.line("while %s < %d and %s do", i, 1+g.IntN(4), g.expr(anything, 1))
	g.line("%s = %s + 1", i, i)
	g.inLoop()
	g.line("end")
}

func (g *generator) inLoop() {
	g.loops++
	g.maybeBreak()
	g.block(1 + g.IntN(3))
	g.maybeBreak()
	g.loops--
}

func (g *generator) repeat() {
	i, v := g.fresh(), g.fresh()
	g.line("local %s = 0", i)
	g.line("repeat")
	g.line("%s = %s + 1; local %s = %s", i, i, v, g.expr(num, 2))
	g.inLoop()
	g.line("until %s > %d or %s > 5 and %s", i, g.IntN(4), v, g.expr(anything, 1))
}

func (g *generator) numericFor() {
	v := g.fresh()
	g.push()
	g.bind(v, num)
	g.line("for %s = %d, %d, %d do", v, g.IntN(3), 1+g.IntN(4), 1+g.IntN(2))
	g.inLoop()
	g.line("keep[#keep + 1] = function() %s = %s + 1 return %s end", v, v, v)
	g.line("end")
	g.pop()
}

func (g *generator) genericFor() {
	k, v := g.fresh(), g.fresh()
	g.push()
	g.bind(k, num)
	g.bind(v, num)
	switch g.IntN(4) {
	case 0:
		g.line("for %s, %s in ipairs({%s}) do", k, v, g.nums(4))
	case 1:
		g.line("for %s, %s in next, {%s} do", k, v, g.nums(4))
	case 2:
		g.line("for %s, %s in upto, %d, 0 do", k, v, g.IntN(5))
	case 3:
		g.line("for %s, %s in (upto), (three(%d)) do", k, v, g.IntN(4))
		g.line("%s = %s or 1", v, v)
	}
	g.inLoop()
	g.line("end")
	g.pop()
}

func (g *generator) nums(n int) string {
	var list []string
	for range g.IntN(n + 1) {
		list = append(list, g.expr(num, 1))
	}
	return strings.Join(list, ", ")
}

// key returns a key for table t that leaves no hole in its array, since what #
// makes of holes is left open by the manual.
func (g *generator) key(t string) string {
	return []string{`"x"`, `"y"`, "1", "#" + t + " + 1", "not not " + g.expr(boolean, 0), "1.5"}[g.IntN(6)]
}
