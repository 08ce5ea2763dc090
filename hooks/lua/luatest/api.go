package luatest

import (
	"errors"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/vm"
)

// A function of the test API.
type function struct {
	entry lua.Entry
	fn    glua.LGFunction
}

func need(name, typ string) lua.Param { return lua.Param{Name: name, Type: typ} }

func may(name, typ string) lua.Param { return lua.Param{Name: name, Type: typ, Optional: true} }

// def describes a function; its result, if it has one, comes first.
func def(name, result, doc string, fn glua.LGFunction, params ...lua.Param) function {
	e := lua.Entry{Name: name, Params: params, Doc: doc}
	if result != "" {
		e.Returns = []lua.Param{{Type: result}}
	}
	return function{e, fn}
}

// functions are what tests can use beside the libraries of Lua, in the order of the
// manual. It is the only place where names are registered.
func functions() []function {
	const decision = "edged.Decision"
	d, reason := need("decision", decision), may("reason", "string")
	return []function{
		def("scripts", "", "Chooses the scripts under test. Without it these are the one that the test file is named after, or all of the folder where there is none.", chooseScripts, need("...", "string")),
		def("grants", "", "What the operator grants a script, in the place of all that it needs: topics, paths, actions.", grants, need("grants", "edged.TestGrants"), may("script", "string")),
		def("default", "", "What is decided where no script has an opinion, as policy.default: allow or deny.", fallback, need("verdict", "\"allow\"|\"deny\"")),
		def("clock", "number", "Sets the clock: \"2026-03-29 01:30\" (of the zone, without one UTC), RFC 3339, or seconds since 1970. The zone becomes that of the device. Returns the time. A test begins at noon of Wednesday, 2026-01-07, UTC.", clock, may("time", "string|number"), may("zone", "string")),
		def("advance", decision+"[]", "Lets time pass. The timers whose time comes are called, and what they decide is returned, in order.", advance, need("duration", "edged.Duration")),
		def("device", "", "Changes the device: disk_free, power, net and so on; see ev.device.", device, need("fields", "table")),
		def("containers", "", "Sets the containers of the device: names, or tables of fields.", containers, need("list", "table[]")),
		def("file", "", "Makes a file that scripts can read; without a text, removes it.", file, need("path", "string"), may("text", "string")),
		def("kv", "any", "Reads or sets what a script keeps. The script may be left out where there is one.", kv, need("key", "string"), may("value", "any"), may("script", "string")),
		def("emit", decision, "Plays an event, such as \"before pull\" or \"on health\", and returns the decision: verdict, reason, delay, patch, actions, answers, failed. The fields are put into a sample of it, see edged policy sample; image and container may be texts.", emit, need("occasion", "string"), may("fields", "table")),
		def("published", "edged.Message[]", "What scripts published: topic, payload, script. With a topic filter, only what it means.", published, may("topic", "string")),
		def("logged", "string[]", "What scripts logged.", logged),
		def("expect", "", "Fails the test unless the condition holds.", expect, need("condition", "any"), may("message", "string")),
		def("expect_equal", "", "Fails the test unless two values, or tables of values, are the same.", expectEqual, need("got", "any"), need("want", "any")),
		def("expect_allow", "", "The operation may be done, with this text in the reason.", expectAllow, d, reason),
		def("expect_deny", "", "It is refused.", expectDeny, d, reason),
		def("expect_defer", "", "It is put off, by this time.", expectDefer, d, may("duration", "edged.Duration"), reason),
		def("expect_modify", "", "It may be done with changes, these among them.", expectModify, d, need("patch", "edged.Patch")),
		def("expect_none", "", "No hook had an opinion, or wanted something done.", expectNone, d),
		def("expect_action", "", "A hook wants this done: restart, alarm and so on, with these fields among its own.", expectAction, d, need("action", "string"), may("fields", "table")),
		def("expect_error", "", "A hook failed, with this text in the error.", expectError, d, may("text", "string")),
		def("expect_load_error", "", "The scripts can't be loaded, with this text in the error.", expectLoadError, may("text", "string")),
	}
}

// newEnv is what tests find.
func newEnv() *vm.Env {
	names := map[string]glua.LValue{}
	for _, f := range functions() {
		names[f.entry.Name] = vm.Function(f.fn)
	}
	return vm.NewEnv(names)
}

// beforeLoad fails where it is too late to say what is loaded.
func beforeLoad(l *glua.LState, name string) *world {
	w := worldOf(l)
	if w.set != nil {
		vm.Fail(l, "%s comes before the first event of a test", name)
	}
	return w
}

func chooseScripts(l *glua.LState) int {
	w := beforeLoad(l, "scripts")
	w.only = nil
	for n := 1; n <= l.GetTop(); n++ {
		w.only = append(w.only, vm.StringArg(l, n))
	}
	return 0
}

func grants(l *glua.LState) int {
	w := beforeLoad(l, "grants")
	var g hooks.Grants
	for k, v := range object(l, vm.TableArg(l, 1), 0) {
		texts, ok := v.([]any)
		if v, none := v.(map[string]any); none && len(v) == 0 {
			ok = true
		}
		if !ok {
			vm.BadArg(l, 1, "%s must be a list", k)
		}
		var list []string
		for _, t := range texts {
			s, _ := t.(string)
			list = append(list, s)
		}
		switch k {
		case "topics":
			g.Topics = list
		case "paths":
			g.Paths = list
		case "actions":
			g.Actions = list
		default:
			vm.BadArg(l, 1, "unknown grant '%s'; there are: topics paths actions", k)
		}
	}
	if w.grants == nil {
		w.grants = map[string]hooks.Grants{}
	}
	w.grants[vm.OptString(l, 2, hooks.EveryScript)] = g
	return 0
}

func fallback(l *glua.LState) int {
	v := hooks.Verdict(vm.StringArg(l, 1))
	if v != hooks.VerdictAllow && v != hooks.VerdictDeny {
		vm.BadArg(l, 1, "allow or deny expected")
	}
	worldOf(l).fallback = v
	return 0
}

func clock(l *glua.LState) int {
	w := worldOf(l)
	if vm.Arg(l, 1) != glua.LNil {
		zone, err := time.LoadLocation(vm.OptString(l, 2, "UTC"))
		if err != nil {
			vm.BadArg(l, 2, "unknown time zone '%s'", vm.StringArg(l, 2))
		}
		at, err := parseTime(vm.Arg(l, 1), zone)
		if err != nil {
			vm.BadArg(l, 1, "%v", err)
		}
		w.now, w.zone = at, zone
		w.rearm()
	}
	l.Push(glua.LNumber(float64(w.now.UnixMilli()) / 1000))
	return 1
}

// parseTime reads a moment as tests write it.
func parseTime(v glua.LValue, zone *time.Location) (time.Time, error) {
	if n, ok := v.(glua.LNumber); ok {
		return time.UnixMilli(int64(n * 1000)), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, v.String(), zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("write a time like \"2026-03-29 01:30\"")
}

func advance(l *glua.LState) int {
	d, err := lua.Duration(vm.AnyArg(l, 1))
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	decisions, err := worldOf(l).advance(d)
	if err != nil {
		vm.Fail(l, "%v", err)
	}
	t := newTable()
	for i, p := range decisions {
		t.RawSetInt(i+1, p.table())
	}
	l.Push(t)
	return 1
}

func emit(l *glua.LState) int {
	w := worldOf(l)
	phase, name, err := Occasion(vm.StringArg(l, 1))
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	ev := Sample(phase, name)
	ev.Time, ev.Device = w.now.UTC(), &w.device
	if vm.Arg(l, 2) != glua.LNil {
		fields := object(l, vm.TableArg(l, 2), 0)
		if ev, err = With(ev, fields); err != nil {
			vm.BadArg(l, 2, "%v", err)
		}
	}
	p, err := w.ask(ev)
	if err != nil {
		vm.Fail(l, "%v", err)
	}
	return p.push(l)
}

func expectLoadError(l *glua.LState) int {
	w := beforeLoad(l, "expect_load_error")
	want := vm.OptString(l, 1, "")
	_, err := w.scripts()
	switch {
	case err == nil:
		vm.Fail(l, "expected that the scripts can't be loaded, and they can")
	case !strings.Contains(err.Error(), want):
		vm.Fail(l, "expected an error with %q, got: %v", want, err)
	}
	return 0
}

// API describes everything that tests can use beside the libraries of Lua, in the
// order of the manual.
func API() []lua.Entry {
	var entries []lua.Entry
	for _, f := range functions() {
		entries = append(entries, f.entry)
	}
	return entries
}

// Classes describes the tables that only tests have.
func Classes() []lua.Class {
	return []lua.Class{
		{Name: "edged.Decision", Doc: "What all hooks said together to an event.", Fields: []lua.Field{
			{Name: "verdict", Type: `"allow"|"deny"|"defer"`},
			{Name: "reason", Type: "string", Optional: true},
			{Name: "delay", Type: "number", Unit: "seconds", Doc: "of a defer", Optional: true},
			{Name: "patch", Type: "edged.Patch", Doc: "what is changed", Optional: true},
			{Name: "actions", Type: "table[]", Doc: "what is to be done: op, container, after, reason and so on"},
			{Name: "answers", Type: "table[]", Doc: "of each hook: script, line, verdict, reason, units"},
			{Name: "failed", Type: "boolean", Doc: "a hook failed"},
		}},
		{Name: "edged.Message", Doc: "A message that a script published.", Fields: []lua.Field{
			{Name: "topic", Type: "string"}, {Name: "payload", Type: "string"}, {Name: "script", Type: "string", Doc: "its file"},
		}},
		{Name: "edged.TestGrants", Doc: "What a script is granted.", Fields: []lua.Field{
			{Name: "topics", Type: "string[]", Optional: true}, {Name: "paths", Type: "string[]", Optional: true}, {Name: "actions", Type: "string[]", Optional: true},
		}},
	}
}
