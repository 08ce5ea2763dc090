package vm

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// arith is an operator of which one operand at least is a string. Where the
// other has an operator of its own, that is meant.
func arith(event string, op func(a, b float64) float64) lua.LGFunction {
	return func(l *lua.LState) int {
		a, b := Arg(l, 1), Arg(l, 2)
		if event == "__unm" {
			b = a
		}
		for _, v := range []lua.LValue{a, b} {
			if _, ok := v.(lua.LString); ok {
				continue
			}
			if own := l.GetMetaField(v, event); own != lua.LNil {
				l.Push(call1(l, own, a, b))
				return 1
			}
		}
		l.Push(lua.LNumber(op(operand(l, a), operand(l, b))))
		return 1
	}
}

func operand(l *lua.LState, v lua.LValue) float64 {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := ParseNumber(string(v)); ok {
			return f
		}
		Fail(l, "attempt to perform arithmetic on a string value ('%s')", shorten(string(v)))
	}
	Fail(l, "attempt to perform arithmetic on a %s value", v.Type())
	return 0
}

// shorten makes a text fit into a message.
func shorten(s string) string {
	const most = 32
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}

func pow(a, b float64) float64 { return math.Pow(a, b) }

func modulo(a, b float64) float64 {
	m := math.Mod(a, b)
	if m*b < 0 {
		m += b
	}
	return m
}
