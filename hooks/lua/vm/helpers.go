package vm

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// helperNames returns the names of the functions that rewritten programs call
// in the place of instructions, in the order in which they are handed over.
func helperNames() []string { return []string{"(concat)", "(store)", "(key)", "(append)", coverHelper} }

// arguments are the helpers that a program takes.
func (e *Env) arguments(c *Chunk) []lua.LValue {
	args := make([]lua.LValue, len(c.helpers))
	for i, name := range c.helpers {
		args[i] = e.helpers[name]
		if name == coverHelper {
			args[i] = Function(cover(c))
		}
	}
	return args
}

func helpers() map[string]lua.LValue {
	return map[string]lua.LValue{
		"(concat)": Function(concat),
		"(store)":  Function(store),
		"(key)":    Function(key),
		"(append)": Function(appendAll),
	}
}

// maxGap is how far beyond the end of an array an index may be: gopher-lua
// fills all between with nil.
const maxGap = 4096

// store is t[k] = v.
func store(l *lua.LState) int {
	t, k, v := Arg(l, 1), Arg(l, 2), Arg(l, 3)
	if tb, ok := t.(*lua.LTable); ok {
		checkIndex(l, tb, k)
		if tb.Metatable == lua.LNil {
			l.RawSet(tb, k, v)
			return 0
		}
	}
	l.SetTable(t, k, v)
	return 0
}

// checkIndex fails for an index that would fill memory.
func checkIndex(l *lua.LState, t *lua.LTable, k lua.LValue) {
	n, ok := k.(lua.LNumber)
	if !ok || n <= maxGap || n != lua.LNumber(math.Trunc(float64(n))) || n >= maxArray {
		return
	}
	gap := int(n) - t.MaxN()
	if gap > maxGap {
		Fail(l, "index %s is more than %d beyond the end of the table", FormatNumber(float64(n)), maxGap)
	}
	if gap > 1 {
		Charge(l, gap)
	}
}

// key is the key of a field in brackets of a table in the source.
func key(l *lua.LState) int {
	k := Arg(l, 1)
	if n, ok := k.(lua.LNumber); ok && n > maxGap && n < maxArray {
		Fail(l, "index %s in the constructor of a table is above %d", FormatNumber(float64(n)), maxGap)
	}
	if n, ok := k.(lua.LNumber); k == lua.LNil || ok && math.IsNaN(float64(n)) {
		Fail(l, "table index is %s", k)
	}
	l.Push(k)
	return 1
}

// appendAll stores all arguments after the second behind the first so many items
// of a table.
func appendAll(l *lua.LState) int {
	t, n := TableArg(l, 1), IntArg(l, 2)
	for i := 3; i <= l.GetTop(); i++ {
		t.RawSetInt(n+i-2, Arg(l, i))
	}
	l.Push(t)
	return 1
}

// concat is a .. b .. c.
func concat(l *lua.LState) int {
	n := l.GetTop()
	right := Arg(l, n)
	for i := n - 1; i >= 1; {
		left := Arg(l, i)
		if !isText(left) || !isText(right) {
			right = concatMeta(l, left, right)
			i--
			continue
		}
		first := i
		for first > 1 && isText(Arg(l, first-1)) {
			first--
		}
		right = join(l, first, i, right)
		i = first - 1
	}
	l.Push(right)
	return 1
}

// join makes one string of the arguments from first to last and one value more.
func join(l *lua.LState, first, last int, right lua.LValue) lua.LValue {
	parts := make([]string, 0, last-first+2)
	size := 0
	for i := first; i <= last+1; i++ {
		part := right
		if i <= last {
			part = Arg(l, i)
		}
		parts = append(parts, textOf(part))
		size += len(parts[len(parts)-1])
	}
	CheckLen(l, size)
	return lua.LString(strings.Join(parts, ""))
}

func concatMeta(l *lua.LState, left, right lua.LValue) lua.LValue {
	op := l.GetMetaField(left, "__concat")
	if op == lua.LNil {
		op = l.GetMetaField(right, "__concat")
	}
	if op == lua.LNil {
		bad := left
		if isText(left) {
			bad = right
		}
		Fail(l, "attempt to concatenate a %s value", bad.Type())
	}
	return call1(l, op, left, right)
}

// call1 calls a function of the program and returns its first result.
func call1(l *lua.LState, fn lua.LValue, args ...lua.LValue) lua.LValue {
	top := l.GetTop()
	l.Push(fn)
	for _, a := range args {
		l.Push(a)
	}
	l.Call(len(args), 1)
	v := Arg(l, top+1)
	l.SetTop(top)
	return v
}

func isText(v lua.LValue) bool {
	switch v.(type) {
	case lua.LString, lua.LNumber:
		return true
	}
	return false
}

// textOf spells a string or a number.
func textOf(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok {
		return FormatNumber(float64(n))
	}
	return string(v.(lua.LString)) //nolint:forcetypeassert // isText holds
}
