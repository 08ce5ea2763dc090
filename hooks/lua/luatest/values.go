package luatest

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

const maxDepth = 32 // of tables within tables

// plain makes plain data of a Lua value, as JSON has it: a table with a first item
// is a list, any other an object.
func plain(l *glua.LState, v glua.LValue, depth int) any {
	vm.Charge(l, 1)
	if depth > maxDepth {
		vm.Fail(l, "more than %d tables within tables, or one within itself", maxDepth)
	}
	switch v := v.(type) {
	case *glua.LNilType:
		return nil
	case glua.LBool:
		return bool(v)
	case glua.LNumber:
		return float64(v)
	case glua.LString:
		return string(v)
	case *glua.LTable:
		if v.Len() > 0 {
			return list(l, v, depth)
		}
		return object(l, v, depth)
	}
	vm.Fail(l, "a %s can't be part of an event", v.Type())
	return nil
}

func list(l *glua.LState, t *glua.LTable, depth int) []any {
	items := make([]any, t.Len())
	for i := range items {
		items[i] = plain(l, t.RawGetInt(i+1), depth+1)
	}
	return items
}

func object(l *glua.LState, t *glua.LTable, depth int) map[string]any {
	fields := map[string]any{}
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		fields[k.String()] = plain(l, v, depth+1)
	}
	return fields
}

// value makes a Lua value of plain data.
func value(v any) glua.LValue {
	switch v := v.(type) {
	case bool:
		return glua.LBool(v)
	case int:
		return glua.LNumber(v)
	case float64:
		return glua.LNumber(v)
	case string:
		return glua.LString(v)
	case []any:
		t := newTable()
		for i, e := range v {
			t.RawSetInt(i+1, value(e))
		}
		return t
	case map[string]any:
		t := newTable()
		for k, e := range v {
			t.RawSetString(k, value(e))
		}
		return t
	}
	return glua.LNil
}

func newTable() *glua.LTable { return &glua.LTable{Metatable: glua.LNil} }
