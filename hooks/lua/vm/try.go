package vm

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxTries is how deep calls on a state of their own may be within each other.
// It bounds the Go stack, together with [Limits.Frames].
const maxTries = 32

// A raised is a Lua error on its way up.
type raised struct{ value lua.LValue }

// text words an error that nobody caught.
func (r *raised) text() string {
	switch v := r.value.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return FormatNumber(float64(v))
	case nil, *lua.LNilType:
		return "error without a value"
	default:
		return fmt.Sprintf("error with a %s as its value", v.Type())
	}
}

// adopt makes a state report to v: its instructions are counted and its errors
// travel as [raised].
func (v *VM) adopt(l *lua.LState) {
	l.SetContext(v.budget)
	l.Panic = func(l *lua.LState) { panic(&raised{l.Get(-1)}) }
}

// try calls fn on a state of its own, so that an error leaves the variables of
// the caller alone: gopher-lua detaches all open upvalues of a state when an
// error passes.
func (v *VM) try(fn lua.LValue, args []lua.LValue) (results []lua.LValue, failure *raised) {
	l := v.state()
	v.depth++
	defer func() {
		v.depth--
		if r := recover(); r != nil {
			results, failure = nil, caught(l, r)
			return
		}
		l.SetTop(0)
		v.idle = append(v.idle, l)
	}()
	l.Push(fn)
	for _, a := range args {
		l.Push(a)
	}
	l.Call(len(args), lua.MultRet)
	return valuesFrom(l, 1), nil
}

// valuesFrom returns what is on the stack from index first on.
func valuesFrom(l *lua.LState, first int) []lua.LValue {
	n := l.GetTop() - first + 1
	if n <= 0 {
		return nil
	}
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = Arg(l, first+i)
	}
	return values
}

// pushAll pushes values and returns how many.
func pushAll(l *lua.LState, values []lua.LValue) int {
	for _, v := range values {
		l.Push(v)
	}
	return len(values)
}

// state returns a state on which nothing runs.
func (v *VM) state() *lua.LState {
	if n := len(v.idle); n > 0 {
		l := v.idle[n-1]
		v.idle = v.idle[:n-1]
		return l
	}
	v.main.RemoveContext() // else NewThread derives a context that doesn't count
	l, _ := v.main.NewThread()
	v.main.SetContext(v.budget)
	v.adopt(l)
	return l
}

// caught turns what was recovered into a Lua error. A panic that is none, such
// as an overflow of the call stack, has not closed the upvalues of its frames.
func caught(l *lua.LState, r any) *raised {
	switch r := r.(type) {
	case *raised:
		return r
	case killed:
		panic(r)
	}
	return &raised{closing(l, lua.LString(describe(l, r)))}
}

// closing closes the upvalues of a state, as an error does, and returns v.
func closing(l *lua.LState, v lua.LValue) lua.LValue {
	panicWith := l.Panic
	l.Panic = func(*lua.LState) {}
	l.Error(lua.LNil, 0)
	l.Panic = panicWith
	return v
}

// describe words a panic for the author of a program.
func describe(l *lua.LState, r any) string {
	if s, ok := r.(string); ok && s == "lua callstack overflow" {
		return where(l, 0) + "stack overflow"
	}
	var bounds runtime.Error
	if err, ok := r.(error); ok && errors.As(err, &bounds) && strings.HasSuffix(err.Error(), "[-1]") {
		// gopher-lua looks for the line of a function that has not begun, when
		// there is no room left for its arguments
		return "stack overflow: too many arguments"
	}
	return fmt.Sprintf("internal error: %v", r)
}
