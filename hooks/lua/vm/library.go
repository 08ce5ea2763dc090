package vm

import (
	lua "github.com/yuin/gopher-lua"
)

// library returns the globals that every program has.
func library() map[string]lua.LValue {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{"": lua.OpenBase, "string": lua.OpenString, "table": lua.OpenTable, "math": lua.OpenMath} {
		l.Push(l.NewFunction(open))
		l.Push(lua.LString(name))
		l.Call(1, 0)
	}
	fields := map[string]lua.LValue{}
	for _, name := range []string{"assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable", "getmetatable", "tonumber", "tostring", "type", "unpack", "xpcall", "_VERSION"} {
		fields[name] = l.GetGlobal(name)
	}
	for _, name := range []string{"string", "table", "math"} {
		funcs := map[string]lua.LValue{}
		t, _ := l.GetGlobal(name).(*lua.LTable)
		t.ForEach(func(k, v lua.LValue) { funcs[k.String()] = v })
		delete(funcs, "dump")
		fields[name] = ReadOnly(name, funcs)
	}
	return fields
}
