package vm

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func baseAssert(l *lua.LState) int {
	if lua.LVIsFalse(AnyArg(l, 1)) {
		Fail(l, "%s", OptString(l, 2, "assertion failed!"))
	}
	return l.GetTop()
}

func baseError(l *lua.LState) int {
	v, level := Arg(l, 1), OptInt(l, 2, 1)
	if isText(v) && (level == 1 || level == 2) {
		v = lua.LString(where(l, level) + textOf(v))
	}
	panic(&raised{closing(l, v)})
}

func baseGetMetatable(l *lua.LState) int {
	l.Push(l.GetMetatable(AnyArg(l, 1)))
	return 1
}

func baseSetMetatable(l *lua.LState) int {
	t := writable(l, TableArg(l, 1))
	mt := Arg(l, 2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || l.GetTop() < 2) {
		BadArg(l, 2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		Fail(l, "cannot change a protected metatable")
	}
	t.Metatable = mt
	l.Push(t)
	return 1
}

func ipairs() lua.LGFunction {
	next := Function(func(l *lua.LState) int {
		i := IntArg(l, 2) + 1
		v := rawGet(TableArg(l, 1), lua.LNumber(i))
		if v == lua.LNil {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LNumber(i))
		l.Push(v)
		return 2
	})
	return func(l *lua.LState) int {
		t := TableArg(l, 1)
		l.Push(next)
		l.Push(t)
		l.Push(lua.LNumber(0))
		return 3
	}
}

func pairs() lua.LGFunction {
	next := Function(baseNext)
	return func(l *lua.LState) int {
		t := TableArg(l, 1)
		l.Push(next)
		l.Push(t)
		l.Push(lua.LNil)
		return 3
	}
}

func baseNext(l *lua.LState) int {
	t, _ := underlying(TableArg(l, 1))
	k, v := t.Next(Arg(l, 2))
	l.Push(k)
	if k == lua.LNil {
		return 1
	}
	l.Push(v)
	return 2
}

func rawGet(t *lua.LTable, k lua.LValue) lua.LValue {
	t, _ = underlying(t)
	if v := t.RawGet(k); v != nil {
		return v
	}
	return lua.LNil
}

func baseRawEqual(l *lua.LState) int {
	l.Push(lua.LBool(l.RawEqual(AnyArg(l, 1), AnyArg(l, 2))))
	return 1
}

func baseRawGet(l *lua.LState) int {
	l.Push(rawGet(TableArg(l, 1), AnyArg(l, 2)))
	return 1
}

func baseRawSet(l *lua.LState) int {
	t := writable(l, TableArg(l, 1))
	k, v := AnyArg(l, 2), AnyArg(l, 3)
	checkIndex(l, t, k)
	l.RawSet(t, k, v)
	l.Push(t)
	return 1
}

func baseSelect(l *lua.LState) int {
	n := l.GetTop()
	if s, ok := Arg(l, 1).(lua.LString); ok && s == "#" {
		l.Push(lua.LNumber(n - 1))
		return 1
	}
	i := IntArg(l, 1)
	if i < 0 {
		i += n
	} else if i > n {
		i = n
	}
	if i < 1 {
		BadArg(l, 1, "index out of range")
	}
	return n - i
}

func baseToNumber(l *lua.LState) int {
	v := AnyArg(l, 1)
	base := OptInt(l, 2, 10)
	if base < 2 || base > 36 {
		BadArg(l, 2, "base out of range")
	}
	var f float64
	var ok bool
	if base != 10 {
		f, ok = parseInBase(StringArg(l, 1), base)
	} else if n, isNumber := v.(lua.LNumber); isNumber {
		f, ok = float64(n), true
	} else if s, isString := v.(lua.LString); isString {
		f, ok = ParseNumber(string(s))
	}
	if !ok {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(lua.LNumber(f))
	return 1
}

func parseInBase(s string, base int) (float64, bool) {
	s = strings.Trim(s, blanks)
	body, negative := strings.CutPrefix(s, "-")
	if base == 16 && len(body) > 2 && (body[:2] == "0x" || body[:2] == "0X") {
		body = body[2:]
	}
	f, ok := parseDigits(body, base)
	if negative {
		f = -f
	}
	return f, ok
}

func baseToString(l *lua.LState) int {
	l.Push(ToString(l, AnyArg(l, 1)))
	return 1
}

// ToString spells any value as Lua's tostring does.
func ToString(l *lua.LState, v lua.LValue) lua.LValue {
	if op := l.GetMetaField(v, "__tostring"); op != lua.LNil {
		return call1(l, op, v)
	}
	switch v := v.(type) {
	case lua.LString:
		return v
	case lua.LNumber:
		return lua.LString(FormatNumber(float64(v)))
	case *lua.LFunction, *lua.LTable, *lua.LUserData, *lua.LState:
		return lua.LString(fmt.Sprintf("%s: %p", v.Type(), v))
	default:
		return lua.LString(v.String())
	}
}

func baseType(l *lua.LState) int {
	l.Push(lua.LString(AnyArg(l, 1).Type().String()))
	return 1
}

// maxUnpack is how many values unpack gives at most; they are pushed onto the
// registry, which is bounded too.
const maxUnpack = 4096

func baseUnpack(l *lua.LState) int {
	t := TableArg(l, 1)
	first, last := OptInt(l, 2, 1), OptInt(l, 3, t.Len())
	n := last - first + 1
	if n <= 0 {
		return 0
	}
	if n > maxUnpack {
		Fail(l, "too many results to unpack")
	}
	Charge(l, n/8)
	for i := first; i <= last; i++ {
		l.Push(rawGet(t, lua.LNumber(i)))
	}
	return n
}

func basePcall(l *lua.LState) int {
	fn := AnyArg(l, 1)
	results, failure := nested(l, fn, valuesFrom(l, 2))
	if failure != nil {
		l.Push(lua.LFalse)
		l.Push(failure.value)
		return 2
	}
	l.Push(lua.LTrue)
	return 1 + pushAll(l, results)
}

func baseXpcall(l *lua.LState) int {
	fn, handler := AnyArg(l, 1), AnyArg(l, 2)
	results, failure := nested(l, fn, nil)
	if failure == nil {
		l.Push(lua.LTrue)
		return 1 + pushAll(l, results)
	}
	l.Push(lua.LFalse)
	handled, failure := nested(l, handler, []lua.LValue{failure.value})
	switch {
	case failure != nil:
		l.Push(lua.LString("error in error handling"))
	case len(handled) == 0:
		l.Push(lua.LNil)
	default:
		l.Push(handled[0])
	}
	return 2
}

// nested is [VM.try] within a program. It lets pass what a program may not
// catch.
func nested(l *lua.LState, fn lua.LValue, args []lua.LValue) ([]lua.LValue, *raised) {
	v := Of(l)
	Charge(l, 20) // it may cost a new state
	if v.depth >= maxTries {
		return nil, &raised{lua.LString(where(l, 1) + "stack overflow")}
	}
	results, failure := v.try(fn, args)
	if failure != nil && failure.value == nil {
		failure.value = lua.LNil
	}
	if err := v.budget.err; err != nil {
		Fail(l, "%v", err)
	}
	return results, failure
}
