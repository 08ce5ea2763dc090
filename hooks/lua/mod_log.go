package lua

import (
	"log/slog"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func logEntries() []Entry {
	name := need("name", "string", "1 to 64 letters, digits and underscores")
	return []Entry{
		{
			Name: "edged.log", Params: params(may("level", `"debug"|"info"|"warn"|"error"`, "else info"), need("text", "string", "")), fn: logLine,
			Doc:     "Writes a line to the log of the daemon. Ten lines an event, of 1024 bytes at most; more are dropped.",
			Example: `edged.log("warn", "the disk is nearly full")`,
		},
		{
			Name: "edged.metrics.count", Params: params(name, may("by", "number", "else 1")), fn: metricCount, Where: Hooks,
			Doc:     "Adds to a counter. 60 a minute for each script, with those that are set; more are dropped.",
			Example: `edged.metrics.count("updates_refused")`,
		},
		{
			Name: "edged.metrics.set", Params: params(name, need("value", "number", "")), fn: metricSet, Where: Hooks,
			Doc:     "Tells a measured value.",
			Example: `edged.metrics.set("disk_free", edged.device.disk_free)`,
		},
	}
}

const (
	maxLines    = 10 // in one event
	maxLineText = 1024
)

func logLine(l *glua.LState) int {
	h := hostOf(l)
	level, text := "info", vm.StringArg(l, 1)
	if l.GetTop() > 1 {
		level, text = text, vm.StringArg(l, 2)
		checkName(l, level, []string{"debug", "info", "warn", "error"}, "level")
	}
	h.lines++
	if h.lines > maxLines {
		return 0
	}
	if h.lines == maxLines {
		text = "no more lines of this event are logged"
	}
	write := writer(h.set.options.Log, level)
	write(clip(text, maxLineText), "script", h.script.info.File, "event", h.event.ID)
	return 0
}

// writer returns the method of log for a level.
func writer(log *slog.Logger, level string) func(text string, args ...any) {
	switch level {
	case "debug":
		return log.Debug
	case "warn":
		return log.Warn
	case "error":
		return log.Error
	}
	return log.Info
}
