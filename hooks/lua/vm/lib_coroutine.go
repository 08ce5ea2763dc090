package vm

import (
	lua "github.com/yuin/gopher-lua"
)

func coroutineLibrary() map[string]lua.LValue {
	return functions(map[string]lua.LGFunction{
		"create": coCreate, "resume": coResume, "running": coRunning,
		"status": coStatus, "wrap": coWrap, "yield": coYield,
	})
}

func coCreate(l *lua.LState) int {
	l.Push(Of(l).newCoroutine(l, FunctionArg(l, 1)).state)
	return 1
}

func coResume(l *lua.LState) int {
	results, failure := Of(l).resume(l, coArg(l, 1), valuesFrom(l, 2))
	if failure != nil {
		l.Push(lua.LFalse)
		l.Push(failure.value)
		return 2
	}
	l.Push(lua.LTrue)
	return 1 + pushAll(l, results)
}

func coWrap(l *lua.LState) int {
	c := Of(l).newCoroutine(l, FunctionArg(l, 1))
	l.Push(Function(func(l *lua.LState) int {
		results, failure := Of(l).resume(l, c, valuesFrom(l, 1))
		if failure != nil {
			v := failure.value
			if s, ok := v.(lua.LString); ok {
				v = lua.LString(where(l, 1)) + s
			}
			panic(&raised{closing(l, v)})
		}
		return pushAll(l, results)
	}))
	return 1
}

func coYield(l *lua.LState) int {
	c := Of(l).current
	if c == nil {
		Fail(l, "attempt to yield from outside a coroutine")
	}
	return pushAll(l, c.yield(valuesFrom(l, 1)))
}

func coStatus(l *lua.LState) int {
	l.Push(lua.LString(coArg(l, 1).status))
	return 1
}

func coRunning(l *lua.LState) int {
	c := Of(l).current
	if c == nil {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(c.state)
	return 1
}

func coArg(l *lua.LState, n int) *coroutine {
	th, ok := Arg(l, n).(*lua.LState)
	if !ok {
		wrongType(l, n, "coroutine")
	}
	return Of(l).coroutines[th]
}
