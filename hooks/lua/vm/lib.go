package vm

import (
	lua "github.com/yuin/gopher-lua"
)

// library returns the globals that every program has: those of Lua 5.1 but for
// what loads code, reads files, talks to the system or looks behind the
// machine. Everything here is bounded by what it charges.
func library() map[string]lua.LValue {
	fields := functions(map[string]lua.LGFunction{
		"assert": baseAssert, "error": baseError, "getmetatable": baseGetMetatable,
		"ipairs": ipairs(), "next": baseNext, "pairs": pairs(), "pcall": basePcall,
		"rawequal": baseRawEqual, "rawget": baseRawGet, "rawset": baseRawSet, "select": baseSelect,
		"setmetatable": baseSetMetatable, "tonumber": baseToNumber, "tostring": baseToString,
		"type": baseType, "unpack": baseUnpack, "xpcall": baseXpcall,
	})
	fields["_VERSION"] = lua.LString("Lua 5.1")
	for name, lib := range map[string]map[string]lua.LValue{
		"string": stringLibrary(), "table": tableLibrary(), "math": mathLibrary(), "coroutine": coroutineLibrary(),
	} {
		fields[name] = ReadOnly(name, lib)
	}
	return fields
}

func functions(fs map[string]lua.LGFunction) map[string]lua.LValue {
	fields := make(map[string]lua.LValue, len(fs))
	for name, f := range fs {
		fields[name] = Function(f)
	}
	return fields
}
