package lua

import (
	"maps"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// importing is the entry of [host.libs] that is there while a library runs.
const importing = ""

// apiImport gives what a library returns.
func apiImport(l *glua.LState) int {
	h, name := hostOf(l), vm.StringArg(l, 1)
	lib := h.set.libs[name]
	if lib == nil {
		if !strings.HasPrefix(name, libFolder+"/") {
			vm.BadArg(l, 1, "a library is named like \"lib/units\"")
		}
		checkName(l, name, slices.Sorted(maps.Keys(h.set.libs)), "library")
	}
	v, known := h.libs[name]
	switch {
	case !known:
		v = h.runLibrary(l, name, lib)
	case v == nil:
		vm.Fail(l, "library %s imports itself", name)
	}
	l.Push(v)
	return 1
}

func (h *host) runLibrary(l *glua.LState, name string, lib *script) glua.LValue {
	if h.libs == nil {
		h.libs = map[string]glua.LValue{}
	}
	outer := h.libs[importing]
	h.libs[name], h.libs[importing] = nil, glua.LTrue
	defer func() {
		if h.libs[importing] = outer; h.libs[name] == nil { // it failed, which the script may survive
			delete(h.libs, name)
		}
	}()
	v := vm.Require(l, lib.chunk)
	h.libs[name] = v
	return v
}
