package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func timeEntries() []Entry {
	zone := may("zone", "string", `such as "UTC" or "Europe/Rome"; else the device's`)
	return []Entry{
		{
			Name: "edged.time.now", Returns: gives("number", ""), fn: timeNow,
			Doc:     "Seconds since 1970, UTC, with milliseconds. The same throughout an event.",
			Example: `local age = edged.time.now() - ev.container.started_at`,
		},
		{
			Name: "edged.time.window", Params: params(need("spec", "string", ""), zone), Returns: gives("boolean", ""), fn: timeWindow,
			Doc:     `Whether it is now within a span such as "22:00-05:00" or "Sat,Sun 08:00-12:00" or "Mon-Fri 22:00-05:00". Days are those on which the span begins.`,
			Example: `if not edged.time.window("22:00-05:00", "Europe/Rome") then return edged.defer("30m", "not at night") end`,
		},
		{
			Name: "edged.time.weekday", Params: params(zone), Returns: gives("string", "Mon Tue Wed Thu Fri Sat Sun"), fn: timeWeekday,
			Doc: "The day of the week.", Example: `if edged.time.weekday() == "Sun" then return end`,
		},
		{
			Name: "edged.time.cron", Params: params(need("spec", "string", ""), zone), Returns: gives("boolean", ""), fn: timeCron,
			Doc:     "Whether the present minute is one of those that cron(8) would mean.",
			Example: `edged.time.cron("* 22-23 * * Mon-Fri")`,
		},
		{
			Name: "edged.time.parse", Params: params(need("text", "string", "")), Returns: orError("number", "seconds since 1970"), fn: timeParse,
			Doc: "Reads a time of RFC 3339.", Example: `edged.time.parse("2026-01-07T12:00:00Z")`,
		},
		{
			Name: "edged.time.format", Params: params(may("seconds", "number", "else now"), may("zone", "string", "else UTC")), Returns: gives("string", ""), fn: timeFormat,
			Doc: "Writes a time as RFC 3339, whole seconds.", Example: `edged.time.format(0) --> 1970-01-01T00:00:00Z`,
		},
		{
			Name: "edged.time.synced", Returns: gives("boolean?", "nil where the device can't tell"), fn: timeSynced, Where: Hooks,
			Doc:     "Whether the clock is set by a time server.",
			Example: `if not edged.time.synced() then return edged.defer("5m", "the clock is not set") end`,
		},
	}
}

func timeNow(l *glua.LState) int {
	l.Push(unixSeconds(hostOf(l).reads.Time))
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

func timeCron(l *glua.LState) int {
	c, err := hooks.ParseCron(vm.StringArg(l, 1))
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	vm.Charge(l, 20)
	l.Push(glua.LBool(c.Matches(nowIn(l, 2))))
	return 1
}

func timeParse(l *glua.LState) int {
	text := vm.StringArg(l, 1)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return failWith(l, "'"+shorten(text)+"' is no time; write it like 2026-01-07T12:00:00Z")
	}
	l.Push(unixSeconds(at))
	return 1
}

func timeFormat(l *glua.LState) int {
	at := hostOf(l).reads.Time
	if vm.Arg(l, 1) != glua.LNil {
		seconds := vm.NumberArg(l, 1)
		if !(seconds >= 0 && seconds < 253402300800) { // the year 10000
			vm.BadArg(l, 1, "no time of the years 1970 to 9999")
		}
		at = time.UnixMilli(int64(seconds * 1000))
	}
	at = at.UTC()
	if vm.Arg(l, 2) != glua.LNil {
		at = inZone(l, 2, at)
	}
	l.Push(glua.LString(at.Format(time.RFC3339)))
	return 1
}

func timeSynced(l *glua.LState) int {
	d := duringEvent(l, "edged.time.synced").look()
	if d.ClockSynced == nil {
		l.Push(glua.LNil)
	} else {
		l.Push(glua.LBool(*d.ClockSynced))
	}
	return 1
}

// nowIn returns the time of the event in the zone that argument n names.
func nowIn(l *glua.LState, n int) time.Time { return inZone(l, n, hostOf(l).reads.Time) }

func inZone(l *glua.LState, n int, at time.Time) time.Time {
	name := vm.OptString(l, n, "")
	if name == "local" {
		name = ""
	}
	vm.Charge(l, 200) // may read a file
	in, err := hostOf(l).in(name, at)
	if err != nil {
		vm.BadArg(l, n, "unknown time zone '%s'", shorten(name))
	}
	return in
}
