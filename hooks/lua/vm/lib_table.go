package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func tableLibrary() map[string]lua.LValue {
	return functions(map[string]lua.LGFunction{
		"concat": tableConcat, "insert": tableInsert, "maxn": tableMaxN, "remove": tableRemove, "sort": tableSort,
	})
}

func tableConcat(l *lua.LState) int {
	t, sep := TableArg(l, 1), OptString(l, 2, "")
	first, last := OptInt(l, 3, 1), OptInt(l, 4, t.Len())
	var out strings.Builder
	for i := first; i <= last; i++ {
		v := rawGet(t, lua.LNumber(i))
		if !isText(v) {
			Fail(l, "invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		s := textOf(v)
		limitLen(l, out.Len()+len(s)+len(sep))
		Charge(l, 1+len(s)/bytesPerUnit)
		out.WriteString(s)
		if i < last {
			out.WriteString(sep)
		}
	}
	l.Push(lua.LString(out.String()))
	return 1
}

func tableInsert(l *lua.LState) int {
	t := writable(l, TableArg(l, 1))
	n := t.Len() + 1
	switch l.GetTop() {
	case 2:
		t.RawSetInt(n, Arg(l, 2))
	case 3:
		pos := IntArg(l, 2)
		checkIndex(l, t, lua.LNumber(pos))
		if pos > n {
			n = pos
		}
		Charge(l, max(0, n-pos)/8)
		for i := n; i > pos; i-- {
			move(t, i-1, i)
		}
		t.RawSet(lua.LNumber(pos), Arg(l, 3))
	default:
		Fail(l, "wrong number of arguments to 'insert'")
	}
	return 0
}

func move(t *lua.LTable, from, to int) {
	t.RawSet(lua.LNumber(to), rawGet(t, lua.LNumber(from)))
}

func tableRemove(l *lua.LState) int {
	t := writable(l, TableArg(l, 1))
	n := t.Len()
	pos := OptInt(l, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	Charge(l, (n-pos)/8)
	l.Push(rawGet(t, lua.LNumber(pos)))
	for i := pos; i < n; i++ {
		move(t, i+1, i)
	}
	t.RawSetInt(n, lua.LNil)
	return 1
}

func tableMaxN(l *lua.LState) int {
	t := TableArg(l, 1)
	most := lua.LNumber(0)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		Charge(l, 1)
		if n, ok := k.(lua.LNumber); ok && n > most {
			most = n
		}
	}
	l.Push(most)
	return 1
}

// maxSort is how many items sort takes.
const maxSort = 65_536

func tableSort(l *lua.LState) int {
	t := writable(l, TableArg(l, 1))
	n := t.Len()
	if n > maxSort {
		BadArg(l, 1, "more than %d items", maxSort)
	}
	less := lua.LNil
	if Arg(l, 2) != lua.LNil {
		less = FunctionArg(l, 2)
	}
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = t.RawGetInt(i + 1)
	}
	s := sorter{l: l, less: less, values: values}
	s.sort(0, n)
	for i, v := range values {
		t.RawSetInt(i+1, v)
	}
	return 0
}

// A sorter sorts by merging: it asks n log n times, whatever the program
// answers.
type sorter struct {
	l      *lua.LState
	less   lua.LValue
	values []lua.LValue
	spare  []lua.LValue
}

func (s *sorter) sort(from, to int) {
	if to-from < 2 {
		return
	}
	mid := (from + to) / 2
	s.sort(from, mid)
	s.sort(mid, to)
	s.merge(from, mid, to)
}

func (s *sorter) merge(from, mid, to int) {
	s.spare = append(s.spare[:0], s.values[from:mid]...)
	left, right, out := 0, mid, from
	for left < len(s.spare) && right < to {
		if s.isLess(s.values[right], s.spare[left]) {
			s.values[out] = s.values[right]
			right++
		} else {
			s.values[out] = s.spare[left]
			left++
		}
		out++
	}
	copy(s.values[out:], s.spare[left:])
}

func (s *sorter) isLess(a, b lua.LValue) bool {
	Charge(s.l, 2)
	if s.less == lua.LNil {
		return s.l.LessThan(a, b)
	}
	return !lua.LVIsFalse(call1(s.l, s.less, a, b))
}
