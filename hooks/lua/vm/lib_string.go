package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func stringLibrary() map[string]lua.LValue {
	return functions(map[string]lua.LGFunction{
		"byte": stringByte, "char": stringChar, "find": stringFind, "format": stringFormat,
		"gmatch": stringGmatch, "gsub": stringGsub, "len": stringLen, "lower": stringLower,
		"match": stringMatch, "rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringUpper,
	})
}

// stringMeta is the metatable of strings. Beside the library it has the
// arithmetic that turns strings into numbers, since gopher-lua takes "010" for 8.
func stringMeta(library *lua.LTable) map[string]lua.LValue {
	fields := functions(map[string]lua.LGFunction{
		"__add": arith("__add", func(a, b float64) float64 { return a + b }),
		"__sub": arith("__sub", func(a, b float64) float64 { return a - b }),
		"__mul": arith("__mul", func(a, b float64) float64 { return a * b }),
		"__div": arith("__div", func(a, b float64) float64 { return a / b }),
		"__mod": arith("__mod", modulo),
		"__pow": arith("__pow", pow),
		"__unm": arith("__unm", func(a, _ float64) float64 { return -a }),
	})
	fields["__index"] = library
	fields["__metatable"] = lua.LFalse
	return fields
}

// span returns the bytes from..to that the arguments at n and n+1 mean in a
// string of the given length, as indices of Go.
func span(l *lua.LState, n, length, first, last int) (from, to int) {
	from, to = OptInt(l, n, first), OptInt(l, n+1, last)
	if from < 0 {
		from = max(from+length+1, 1)
	} else if from == 0 {
		from = 1
	}
	if to < 0 {
		to += length + 1
	}
	to = min(to, length)
	if from > to {
		return 0, 0
	}
	return from - 1, to
}

func stringByte(l *lua.LState) int {
	s := StringArg(l, 1)
	first := OptInt(l, 2, 1)
	from, to := span(l, 2, len(s), 1, first)
	if to-from > maxUnpack {
		Fail(l, "string slice too long")
	}
	Charge(l, (to-from)/8)
	for i := from; i < to; i++ {
		l.Push(lua.LNumber(s[i]))
	}
	return to - from
}

func stringChar(l *lua.LState) int {
	b := make([]byte, l.GetTop())
	for i := range b {
		n := IntArg(l, i+1)
		if n < 0 || n > 255 {
			BadArg(l, i+1, "invalid value")
		}
		b[i] = byte(n)
	}
	l.Push(lua.LString(b))
	return 1
}

func stringLen(l *lua.LState) int {
	l.Push(lua.LNumber(len(StringArg(l, 1))))
	return 1
}

func stringSub(l *lua.LState) int {
	s := StringArg(l, 1)
	IntArg(l, 2)
	from, to := span(l, 2, len(s), 1, -1)
	l.Push(lua.LString(s[from:to]))
	return 1
}

func stringLower(l *lua.LState) int { return mapBytes(l, lower) }
func stringUpper(l *lua.LState) int { return mapBytes(l, upper) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c + 'A' - 'a'
	}
	return c
}

func mapBytes(l *lua.LState, f func(byte) byte) int {
	b := []byte(StringArg(l, 1))
	CheckLen(l, len(b))
	for i := range b {
		b[i] = f(b[i])
	}
	l.Push(lua.LString(b))
	return 1
}

func stringReverse(l *lua.LState) int {
	s := StringArg(l, 1)
	CheckLen(l, len(s))
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	l.Push(lua.LString(b))
	return 1
}

func stringRep(l *lua.LState) int {
	s, n := StringArg(l, 1), max(IntArg(l, 2), 0)
	if len(s) > 0 && n > maxInt/len(s) {
		n = maxInt / len(s)
	}
	CheckLen(l, len(s)*n)
	l.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}
