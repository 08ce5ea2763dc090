package lua

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

const maxMetrics = 60 // a minute for each script

func metricCount(l *glua.LState) int {
	by := 1.0
	if vm.Arg(l, 2) != glua.LNil {
		by = vm.NumberArg(l, 2)
	}
	return metric(l, "edged.metrics.count", by, true)
}

func metricSet(l *glua.LState) int {
	return metric(l, "edged.metrics.set", vm.NumberArg(l, 2), false)
}

// metric hands on a number. What is too much is dropped, since nothing depends on
// it.
func metric(l *glua.LState, fn string, value float64, count bool) int {
	h := duringEvent(l, fn)
	name := vm.StringArg(l, 1)
	if !isMetricName(name) {
		vm.BadArg(l, 1, "a name of a metric has 1 to 64 letters, digits and underscores")
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		vm.BadArg(l, 2, "%s is no value", vm.FormatNumber(value))
	}
	vm.Charge(l, 20)
	send := h.set.options.Metric
	if send != nil && !h.silent() && h.script.metrics.allow(h.set.options.Clock()) {
		send(h.script.info.File, name, value, count)
	}
	return 0
}

func isMetricName(name string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	return name != "" && len(name) <= 64 && strings.Trim(name, allowed) == ""
}
