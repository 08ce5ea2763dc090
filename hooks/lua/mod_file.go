package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func fileEntries() []Entry {
	const need = needFile + ":PATH"
	return []Entry{
		{
			Name: "edged.file.read", Params: params(Param{Name: "path", Type: "string", Doc: "absolute"}), Returns: orError("string", ""), fn: fileRead, Where: Hooks, Need: need,
			Doc:     "Reads a file of 64 KiB at most, once an event. No link leads out of the folder that is granted.",
			Example: `local lock = edged.file.read("/run/app/lock")`,
		},
		{
			Name: "edged.file.exists", Params: params(Param{Name: "path", Type: "string", Doc: "absolute"}), Returns: gives("boolean", ""), fn: fileExists, Where: Hooks, Need: need,
			Doc:     "Whether there is a file or folder.",
			Example: `if edged.file.exists("/run/app/busy") then return edged.defer("10m", "the application is busy") end`,
		},
		{
			Name: "edged.file.glob", Params: params(Param{Name: "pattern", Type: "string", Doc: "absolute, with * in its last part"}), Returns: gives("string[]", "sorted; 256 at most"), fn: fileGlob, Where: Hooks, Need: need,
			Doc:     "The files that a pattern means.",
			Example: `for _, path in ipairs(edged.file.glob("/run/app/*.lock")) do edged.log(path) end`,
		},
	}
}

// fileArg returns the path in argument 1 and the need by which the script may look
// at it.
func fileArg(l *glua.LState, name string) (h *host, text string, in pattern) {
	h = duringEvent(l, name)
	p, err := parsePattern(vm.StringArg(l, 1))
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	in, ok := h.script.needs.path(p)
	if !ok {
		vm.Fail(l, "%s: '%s' is in none of the file's needs; declare it with edged.needs { \"file.read:%s\" }", name, p, p)
	}
	vm.Charge(l, 200)
	return h, string(p), in
}

func fileRead(l *glua.LState) int {
	f, text := lookAt(l, "edged.file.read", true)
	switch {
	case f.Error != "":
		return failWith(l, f.Path+": "+f.Error)
	case !f.Exists:
		return failWith(l, f.Path+": does not exist")
	}
	vm.CheckLen(l, len(text))
	l.Push(glua.LString(text))
	return 1
}

func fileExists(l *glua.LState) int {
	f, _ := lookAt(l, "edged.file.exists", false)
	l.Push(glua.LBool(f.Exists))
	return 1
}

func lookAt(l *glua.LState, name string, read bool) (hooks.FileRead, string) {
	h, path, in := fileArg(l, name)
	if strings.Contains(path, "*") {
		vm.BadArg(l, 1, "%s takes one file; edged.file.glob takes patterns", name)
	}
	return h.file(path, in, read)
}

// fileGlob walks a folder for each * in the pattern's folders, which is bounded by
// allowing one.
func fileGlob(l *glua.LState) int {
	h, spec, in := fileArg(l, "edged.file.glob")
	if strings.Contains(spec, "**") || strings.Contains(strings.TrimPrefix(spec[:strings.LastIndexByte(spec, '/')], in.dir()), "*") {
		vm.BadArg(l, 1, "only the last part of a pattern can have a *")
	}
	paths := h.glob(spec, in)
	vm.Charge(l, 2*len(paths))
	l.Push(listTable(paths))
	return 1
}

// failWith returns nil and an error to a script.
func failWith(l *glua.LState, text string) int {
	l.Push(glua.LNil)
	l.Push(glua.LString(text))
	return 2
}
