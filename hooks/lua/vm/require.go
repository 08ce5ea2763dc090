package vm

import (
	lua "github.com/yuin/gopher-lua"
)

// Require runs another program within the one that called the running Go
// function, on its budget, and returns the first value that it returns. Errors in
// it are errors of the caller.
func Require(l *lua.LState, c *Chunk) lua.LValue {
	return call1(l, l.NewFunctionFromProto(c.proto), Of(l).env.arguments(c)...)
}
