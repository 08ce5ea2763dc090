package vm

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// Of returns the machine on which l runs.
func Of(l *lua.LState) *VM {
	return l.Context().(*budget).vm //nolint:forcetypeassert // states without it aren't handed out
}

// Fail raises an error at the line of the program that called the host. It
// does not return.
func Fail(l *lua.LState, format string, args ...any) {
	l.Error(lua.LString(whereCalled(l)+fmt.Sprintf(format, args...)), 0)
}

// Charge counts n units of work; it does not return when they are used up.
func Charge(l *lua.LState, n int) {
	if err := Of(l).budget.charge(n); err != nil {
		Fail(l, "%v", err)
	}
}

// where returns "name:line: " of the function at a level of the call stack, 1
// being the caller of the running Go function; empty when that is no Lua.
func where(l *lua.LState, level int) string {
	at := l.Where(level)
	if at == "" || at == "[G]:" {
		return ""
	}
	return at + " "
}

// whereCalled is where of the innermost function of the program: a Go function
// may have called the running one in its place.
func whereCalled(l *lua.LState) string {
	level := 1
	for l.Where(level) == "[G]:" {
		level++
	}
	return where(l, level)
}

// Arg returns argument n, counted from 1; nil when it is missing.
func Arg(l *lua.LState, n int) lua.LValue {
	if v := l.Get(n); v != nil {
		return v
	}
	return lua.LNil
}

// BadArg raises the error for an argument that a function has no use for.
func BadArg(l *lua.LState, n int, format string, args ...any) {
	Fail(l, "bad argument #%d (%s)", n, fmt.Sprintf(format, args...))
}

func wrongType(l *lua.LState, n int, want string) {
	got := "no value"
	if n <= l.GetTop() {
		got = Arg(l, n).Type().String()
	}
	BadArg(l, n, "%s expected, got %s", want, got)
}

// StringArg returns argument n, a string or a number.
func StringArg(l *lua.LState, n int) string {
	switch v := Arg(l, n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return FormatNumber(float64(v))
	default:
		wrongType(l, n, "string")
		return ""
	}
}

// OptString is [StringArg] for an argument that may be left out.
func OptString(l *lua.LState, n int, fallback string) string {
	if Arg(l, n) == lua.LNil {
		return fallback
	}
	return StringArg(l, n)
}

// NumberArg returns argument n, a number or a string that reads as one.
func NumberArg(l *lua.LState, n int) float64 {
	switch v := Arg(l, n).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := ParseNumber(string(v)); ok {
			return f
		}
	}
	wrongType(l, n, "number")
	return 0
}

// IntArg returns argument n as a whole number, cut off towards zero.
func IntArg(l *lua.LState, n int) int { return toInt(NumberArg(l, n)) }

// OptInt is [IntArg] for an argument that may be left out.
func OptInt(l *lua.LState, n, fallback int) int {
	if Arg(l, n) == lua.LNil {
		return fallback
	}
	return IntArg(l, n)
}

// TableArg returns argument n, a table.
func TableArg(l *lua.LState, n int) *lua.LTable {
	t, ok := Arg(l, n).(*lua.LTable)
	if !ok {
		wrongType(l, n, "table")
	}
	return t
}

// FunctionArg returns argument n, a function.
func FunctionArg(l *lua.LState, n int) *lua.LFunction {
	f, ok := Arg(l, n).(*lua.LFunction)
	if !ok {
		wrongType(l, n, "function")
	}
	return f
}

// AnyArg returns argument n, which must be there but may be nil.
func AnyArg(l *lua.LState, n int) lua.LValue {
	if n > l.GetTop() {
		BadArg(l, n, "value expected")
	}
	return Arg(l, n)
}

// Line returns the line of the program that called the running Go function, 0
// when that is no Lua.
func Line(l *lua.LState) int { return place(where(l, 1)).Line }

// CheckLen fails for a string that is longer than programs may make, and counts
// the work of making it.
func CheckLen(l *lua.LState, n int) {
	limitLen(l, n)
	Charge(l, n/bytesPerUnit)
}

func limitLen(l *lua.LState, n int) {
	if most := Of(l).limits.String; n > most {
		Fail(l, "string longer than %d KiB", most>>10)
	}
}

// bytesPerUnit is how many bytes are copied for one unit of work.
const bytesPerUnit = 64
