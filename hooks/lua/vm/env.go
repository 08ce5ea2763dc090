package vm

import (
	"reflect"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// An Env is what programs find when they start. All machines share it, so it is
// sealed: a program sees its libraries through empty tables that refuse to be
// written.
type Env struct {
	globals *lua.LTable // metatable of every machine's _G
	shared  lua.Global  // what all machines begin with
	helpers map[string]lua.LValue
}

// setUp sets what gopher-lua keeps for the whole process.
var setUp sync.Once //nolint:gochecknoglobals // guards settings of gopher-lua that are global

// NewEnv returns the libraries of Lua that can do no harm, and the host's own
// globals beside them.
func NewEnv(own map[string]lua.LValue) *Env {
	setUp.Do(func() { lua.MaxArrayIndex = maxArray })
	fields := library()
	for name, v := range own {
		fields[name] = v
	}
	str, _ := fields["string"].(*lua.LTable)
	e := &Env{globals: seal("_G", fields), helpers: helpers()}
	setMetatables(&e.shared, map[int]lua.LValue{int(lua.LTString): newTable(stringMeta(str))})
	return e
}

// maxArray is the largest index that gopher-lua keeps in the array part of a
// table.
const maxArray = 1 << 18

// newState makes a state in the environment. It does so as a thread of a state
// that has nothing but globals, and not with lua.NewState, which would bring
// gopher-lua's own libraries into the program: 180 kilobytes, with io,
// os and debug in it, that no script can get at.
func (e *Env) newState(options lua.Options) *lua.LState {
	global := e.shared
	global.Registry, global.Global = NewTable(0, 0), NewTable(0, 1)
	global.Global.RawSetString("_G", global.Global)
	global.Global.Metatable = e.globals
	root := &lua.LState{G: &global, Env: global.Global, Options: options}
	state, _ := root.NewThread() // there is no context to cancel
	return state
}

// setMetatables gives values of types other than table their metatables. The
// field has no setter that works without lua.NewState.
func setMetatables(global *lua.Global, ofType map[int]lua.LValue) {
	field := reflect.ValueOf(global).Elem().FieldByName("builtinMts")
	*(*map[int]lua.LValue)(field.Addr().UnsafePointer()) = ofType
}

// ReadOnly returns a table through which a program reads fields and can't
// change them. The error for an attempt names it.
func ReadOnly(name string, fields map[string]lua.LValue) *lua.LTable {
	t := newTable(nil)
	mt := seal(name, fields)
	mt.RawSetString("__newindex", Function(func(l *lua.LState) int {
		Fail(l, "%s is read-only", name)
		return 0
	}))
	t.Metatable = mt
	return t
}

// Dynamic is [ReadOnly] for fields that a function looks up; its second argument is
// the name. pairs and next find nothing in it.
func Dynamic(name string, field lua.LGFunction) *lua.LTable {
	t := ReadOnly(name, nil)
	if mt, ok := t.Metatable.(*lua.LTable); ok {
		mt.RawSetString("__index", Function(field))
	}
	return t
}

// seal returns a metatable that shows fields and hides itself.
func seal(name string, fields map[string]lua.LValue) *lua.LTable {
	return newTable(map[string]lua.LValue{
		"__index":     newTable(fields),
		"__metatable": lua.LFalse,
		sealed:        lua.LString(name),
	})
}

// sealed marks the metatable of a read-only table.
const sealed = "\x00sealed"

// Function wraps a Go function, for as many machines as one likes.
func Function(f lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, GFunction: f}
}

func newTable(fields map[string]lua.LValue) *lua.LTable {
	t := NewTable(0, len(fields))
	for k, v := range fields {
		t.RawSetString(k, v)
	}
	return t
}

// NewTable returns an empty table with room for so many items and fields.
// gopher-lua makes room for 32 of each kind unless it is told, which for a small
// table costs more than all the rest.
func NewTable(items, fields int) *lua.LTable {
	var none *lua.LState // the method has no use for it
	return none.CreateTable(items, fields)
}

// underlying returns the table in which the fields of a read-only table are,
// and any other table as it is.
func underlying(t *lua.LTable) (fields *lua.LTable, readOnly bool) {
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok || mt.RawGetString(sealed) == lua.LNil || mt.RawGetString("__newindex") == lua.LNil {
		return t, false
	}
	if fields, ok = mt.RawGetString("__index").(*lua.LTable); !ok {
		return t, true // see Dynamic
	}
	return fields, true
}

// writable fails for a read-only table.
func writable(l *lua.LState, t *lua.LTable) *lua.LTable {
	if _, readOnly := underlying(t); readOnly {
		mt, _ := t.Metatable.(*lua.LTable)
		Fail(l, "%s is read-only", mt.RawGetString(sealed))
	}
	return t
}
