package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// eachField calls f for every field of a table whose keys must be names, in the
// order in which they were set.
func eachField(l *glua.LState, t *glua.LTable, f func(key string, v glua.LValue)) {
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		vm.Charge(l, 1)
		key, ok := k.(glua.LString)
		if !ok {
			vm.Fail(l, "a table of named fields is expected here; it has the key %s", k)
		}
		f(string(key), v)
	}
}

// boolField returns true or false, as text.
func boolField(l *glua.LState, key string, v glua.LValue) string {
	b, ok := v.(glua.LBool)
	if !ok {
		vm.Fail(l, "field '%s' must be true or false, not a %s", key, v.Type())
	}
	return b.String()
}

// textField returns the text of a field.
func textField(l *glua.LState, key string, v glua.LValue) string {
	s, ok := v.(glua.LString)
	if !ok {
		vm.Fail(l, "field '%s' must be a string, not a %s", shorten(key), v.Type())
	}
	if len(s) > maxText {
		vm.Fail(l, "field '%s' has more than %d KiB", shorten(key), maxText>>10)
	}
	return string(s)
}
