package lua

import (
	"log/slog"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func logEntries() []Entry {
	return []Entry{{
		Name: "edged.log", Signature: "([level,] text)", fn: logLine,
		Doc: "Writes a line to the log of the daemon. Levels: debug info warn error. Ten lines an event, of 1024 bytes at most.",
	}}
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
	if len(text) > maxLineText {
		text = text[:maxLineText] + "..."
	}
	write := writer(h.set.options.Log, level)
	write(text, "script", h.script.info.File, "event", h.event.ID)
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
