package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func timeEntries() []Entry {
	return []Entry{
		{
			Name: "edged.time.now", Signature: "() -> number", fn: timeNow,
			Doc: "Seconds since 1970, UTC, with milliseconds. The same throughout an event.",
		},
		{
			Name: "edged.time.window", Signature: "(spec, [zone]) -> boolean", fn: timeWindow,
			Doc: "Whether it is now within a span such as \"22:00-05:00\" or \"Sat,Sun 08:00-12:00\" or \"Mon-Fri 22:00-05:00\". Days are those on which the span begins. The zone is local, or one such as \"UTC\" or \"Europe/Rome\".",
		},
		{
			Name: "edged.time.weekday", Signature: "([zone]) -> string", fn: timeWeekday,
			Doc: "The day of the week: Mon Tue Wed Thu Fri Sat Sun.",
		},
	}
}

func timeNow(l *glua.LState) int {
	l.Push(unixSeconds(hostOf(l).now))
	return 1
}

func timeWindow(l *glua.LState) int {
	w, err := parseWindow(vm.StringArg(l, 1))
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	l.Push(glua.LBool(w.contains(nowIn(l, 2))))
	return 1
}

func timeWeekday(l *glua.LState) int {
	l.Push(glua.LString(nowIn(l, 1).Weekday().String()[:3]))
	return 1
}

// nowIn returns the time of the event in the zone that argument n names.
func nowIn(l *glua.LState, n int) time.Time {
	now := hostOf(l).now
	name := vm.OptString(l, n, "local")
	if name == "local" {
		return now.Local()
	}
	vm.Charge(l, 200) // reads a file
	zone, err := time.LoadLocation(name)
	if err != nil {
		vm.BadArg(l, n, "unknown time zone '%s'", name)
	}
	return now.In(zone)
}
