package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func verbEntries() []Entry {
	return []Entry{
		{
			Name: "edged.api", Signature: "(level)", fn: apiLevel,
			Doc: "Refuses to load the file where the daemon does not have this level of the API.",
		},
		{
			Name: "edged.before", Signature: "(op, [options,] function(ev) -> answer)", fn: before,
			Doc: "Asks the function before an operation is done. With { stage = \"mutate\" } it is asked first, and what it changes is seen by all others.",
		},
		{
			Name: "edged.after", Signature: "(op, function(ev) -> action)", fn: after,
			Doc: "Calls the function when an operation is over, well or not.",
		},
		{
			Name: "edged.on", Signature: "(notice, function(ev) -> action)", fn: on,
			Doc: "Calls the function when something happened.",
		},
	}
}

func apiLevel(l *glua.LState) int {
	if n := vm.IntArg(l, 1); n != Level {
		vm.Fail(l, "this file needs level %d of the API; this daemon has level %d", n, Level)
	}
	return 0
}

func before(l *glua.LState) int { return register(l, hooks.Before, opNames(), "op") }
func after(l *glua.LState) int  { return register(l, hooks.After, opNames(), "op") }
func on(l *glua.LState) int     { return register(l, hooks.On, noticeNames(), "notice") }

// register notes a hook of the file whose body is running.
func register(l *glua.LState, phase hooks.Phase, known []string, kind string) int {
	h := hostOf(l)
	if h.asking {
		vm.Fail(l, "edged.%s belongs into the body of the file, not into a hook", phase)
	}
	if len(h.hooks) >= maxHooks {
		vm.Fail(l, "more than %d hooks in one file", maxHooks)
	}
	name := hooks.Alias(phase, vm.StringArg(l, 1))
	checkName(l, name, known, kind)
	info := HookInfo{Phase: phase, Name: name, Line: lineOf(l)}
	fn := 2
	if _, ok := vm.Arg(l, 2).(*glua.LTable); ok {
		info.Mutate = stage(l, phase)
		fn = 3
	}
	h.hooks = append(h.hooks, registered{info, vm.FunctionArg(l, fn)})
	return 0
}

const maxHooks = 200 // in one file

func checkName(l *glua.LState, name string, known []string, kind string) {
	for _, k := range known {
		if k == name {
			return
		}
	}
	if s := nearest(name, known); s != "" {
		vm.Fail(l, "unknown %s '%s'; did you mean '%s'?", kind, name, s)
	}
	vm.Fail(l, "unknown %s '%s'; there are: %s", kind, name, strings.Join(known, " "))
}

// stage reads the options of a hook.
func stage(l *glua.LState, phase hooks.Phase) bool {
	mutate := false
	eachField(l, vm.TableArg(l, 2), func(key string, v glua.LValue) {
		switch {
		case key != "stage":
			vm.Fail(l, "unknown option '%s'; there is: stage", key)
		case phase != hooks.Before:
			vm.Fail(l, "stage is for edged.before")
		case v != glua.LString("mutate"):
			vm.Fail(l, "unknown stage '%s'; there is: mutate", v)
		default:
			mutate = true
		}
	})
	return mutate
}

// lineOf returns the line of the script that called the running function.
func lineOf(l *glua.LState) int { return vm.Line(l) }

func opNames() []string {
	var names []string
	for _, op := range hooks.Ops() {
		names = append(names, string(op))
	}
	return names
}

func noticeNames() []string {
	var names []string
	for _, n := range hooks.Notices() {
		names = append(names, string(n))
	}
	return names
}
