package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func verbEntries() []Entry {
	return []Entry{
		{
			Name: "edged.api", Params: params(need("level", "integer", "")), fn: apiLevel, Where: Body,
			Doc:     "Refuses to load the file where the daemon does not have this level of the API.",
			Example: "edged.api(1)",
		},
		{
			Name: "edged.needs", Params: params(need("needs", "string[]", "")), fn: apiNeeds, Where: Body,
			Doc:     "Says what the file wants to reach beyond its events: mqtt.publish:TOPIC, file.read:PATH or action:NAME. The file is refused if edged.yaml does not grant it.",
			Example: `edged.needs { "mqtt.publish:alerts/#", "file.read:/run/app/*" }`,
		},
		{
			Name: "edged.import", Params: params(need("name", "string", "such as lib/units")), Returns: gives("any", "what the library returns"), fn: apiImport,
			Doc:     "Runs a library of the policy folders' lib, once for each event, and gives what it returns. What it does counts as work of the script.",
			Example: `local units = edged.import("lib/units")`,
		},
		{
			Name: "edged.before", Params: params(need("op", "edged.Op", ""), may("options", "edged.HookOptions", ""), need("fn", "fun(ev: edged.Event): edged.Answer?", "")),
			fn: before, Where: Body,
			Doc:     `Asks the function before an operation is done. With { stage = "mutate" } it is asked first, and what it changes is seen by all others.`,
			Example: "edged.before(\"pull\", function(ev)\n  if ev.image.registry ~= \"registry.example.com\" then return edged.deny(\"only our registry is trusted\") end\nend)",
		},
		{
			Name: "edged.after", Params: params(need("op", "edged.Op", ""), need("fn", "fun(ev: edged.Event): edged.Action?, ...", "")), fn: after, Where: Body,
			Doc:     "Calls the function when an operation is over, well or not.",
			Example: "edged.after(\"update\", function(ev)\n  if not ev.ok then return edged.alarm { type = \"update\", text = ev.error } end\nend)",
		},
		{
			Name: "edged.on", Params: params(need("notice", "edged.Notice", ""), need("fn", "fun(ev: edged.Event): edged.Action?, ...", "")), fn: on, Where: Body,
			Doc:     "Calls the function when something happened: a notice, or mqtt:TOPIC for messages, where the topic may have + and #.",
			Example: "edged.on(\"health\", function(ev)\n  if ev.to == \"unhealthy\" then return edged.restart() end\nend)",
		},
		{
			Name: "edged.every", Params: params(need("duration", "edged.Duration", "at least a second"), need("fn", "fun(ev: edged.Event): edged.Action?, ...", "")), fn: every, Where: Body,
			Doc:     "Calls the function again and again, the first time when so long has passed since the start or the load of the scripts. From 10m on, a restart or a reboot in between does not begin it anew.",
			Example: "edged.every(\"15m\", function() if edged.device.disk_free < 200e6 then return edged.prune() end end)",
		},
		{
			Name: "edged.cron", Params: params(need("spec", "string", "minute, hour, day of the month, month, day of the week"), may("zone", "string", "else the device's"), need("fn", "fun(ev: edged.Event): edged.Action?, ...", "")), fn: cron, Where: Body,
			Doc:     "Calls the function at the times that cron(8) would.",
			Example: "edged.cron(\"30 3 * * Mon-Fri\", function() return edged.prune() end)",
		},
	}
}

func apiLevel(l *glua.LState) int {
	if n := vm.IntArg(l, 1); n < max(Level-1, 1) || n > Level {
		vm.Fail(l, "this file needs level %d of the API; this daemon has level %d", n, Level)
	}
	return 0
}

func before(l *glua.LState) int { return register(l, hooks.Before, opNames(), "op") }
func after(l *glua.LState) int  { return register(l, hooks.After, opNames(), "op") }
func on(l *glua.LState) int     { return register(l, hooks.On, noticeNames(), "notice") }

// register notes a hook of the file whose body is running.
func register(l *glua.LState, phase hooks.Phase, known []string, kind string) int {
	h := registering(l, "edged."+string(phase))
	name := hooks.Alias(phase, vm.StringArg(l, 1))
	if filter, ok := strings.CutPrefix(name, hooks.MQTTPrefix); ok && phase == hooks.On {
		checkListen(l, filter)
	} else {
		checkName(l, name, known, kind)
	}
	info := hooks.Hook{Phase: phase, Name: name, Line: lineOf(l)}
	fn := 2
	if _, ok := vm.Arg(l, 2).(*glua.LTable); ok {
		info.Mutate = stage(l, phase)
		fn = 3
	}
	h.hooks = append(h.hooks, registered{info, vm.FunctionArg(l, fn)})
	return 0
}

const (
	maxHooks  = 200 // in one file
	maxTimers = 16
	minEvery  = time.Second
)

// registering is where a file registers a function.
func registering(l *glua.LState, verb string) *host {
	h := duringBody(l, verb)
	if h.libs[importing] != nil {
		vm.Fail(l, "%s belongs into a script; a library registers nothing", verb)
	}
	if len(h.hooks)+len(h.timers) >= maxHooks {
		vm.Fail(l, "more than %d hooks in one file", maxHooks)
	}
	return h
}

// checkListen fails for a topic filter that is none, and for the one that would
// have every message of the broker sent to the device.
func checkListen(l *glua.LState, filter string) {
	err := checkFilter(filter)
	switch {
	case err != nil:
		vm.Fail(l, "%v", err)
	case strings.Trim(filter, "+/#") == "":
		vm.Fail(l, "'%s' would be every message of the broker; name a part of the topic", filter)
	}
}

func every(l *glua.LState) int {
	h := registering(l, "edged.every")
	d := durationArg(l, 1, vm.AnyArg(l, 1))
	if d < minEvery {
		vm.BadArg(l, 1, "a duration of at least %s expected", minEvery)
	}
	return h.addTimer(l, hooks.Timer{Every: d}, 2)
}

func cron(l *glua.LState) int {
	h := registering(l, "edged.cron")
	t := hooks.Timer{Cron: vm.StringArg(l, 1)}
	if _, err := hooks.ParseCron(t.Cron); err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	fn := 2
	if zone, ok := vm.Arg(l, 2).(glua.LString); ok {
		t.Zone, fn = string(zone), 3
		if _, err := time.LoadLocation(t.Zone); h.declaring && err != nil {
			vm.BadArg(l, 2, "unknown time zone '%s'", t.Zone)
		}
	}
	return h.addTimer(l, t, fn)
}

func (h *host) addTimer(l *glua.LState, t hooks.Timer, fn int) int {
	if len(h.timers) >= maxTimers {
		vm.Fail(l, "more than %d timers in one file", maxTimers)
	}
	t.Script, t.Index, t.Line = h.script.info.File, len(h.timers)+1, lineOf(l)
	h.timers = append(h.timers, registeredTimer{t, vm.FunctionArg(l, fn)})
	return 0
}

func checkName(l *glua.LState, name string, known []string, kind string) {
	for _, k := range known {
		if k == name {
			return
		}
	}
	if s := nearest(name, known); s != "" {
		vm.Fail(l, "unknown %s '%s'; did you mean '%s'?", kind, name, s)
	}
	vm.Fail(l, "unknown %s '%s'; there are: %s", kind, shorten(name), strings.Join(known, " "))
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
