package lua

import (
	"math"
	"slices"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A patchReader turns the value of one field of a patch into plain data: what JSON
// has. attempts, memory and cpus are float64; env and labels map[string]any of
// strings; the others strings, stop_timeout, health_gate and stable_for being
// durations such as 1m30s.
type patchReader func(l *glua.LState, key string, v glua.LValue) any

// patchFields are the fields that a script may change of an operation.
func patchFields(op hooks.Op) []Field {
	image := Field{Name: "image", Type: "string", Doc: "reference, such as one of a mirror or with a digest"}
	stop := Field{Name: "stop_timeout", Type: "edged.Duration", Doc: "from the stop signal to the kill"}
	switch op {
	case hooks.OpPull:
		return []Field{image, {Name: "attempts", Type: "integer", Doc: "1 to 100"}}
	case hooks.OpUpdate, hooks.OpCreate:
		return []Field{
			image,
			{Name: "env", Type: "table<string, string>", Doc: "variables to set"},
			{Name: "labels", Type: "table<string, string>", Doc: "labels to set"},
			{Name: "restart", Type: "string", Doc: "restart policy: no, always, unless-stopped, on-failure or on-failure:N"},
			{Name: "memory", Type: "integer", Unit: "bytes", Doc: "limit"},
			{Name: "cpus", Type: "number", Unit: "cores", Doc: "limit"},
			{Name: "health_gate", Type: "edged.Duration", Doc: "longest time to become healthy"},
			{Name: "stable_for", Type: "edged.Duration", Doc: "without a health check, time to run without an exit"},
			stop,
		}
	case hooks.OpStop:
		return []Field{stop}
	}
	return nil
}

// patchReaderOf returns how a field is read.
func patchReaderOf(key string) patchReader {
	switch key {
	case "image":
		return patchImage
	case "attempts":
		return patchNumber(1, maxAttempts, true)
	case "memory":
		return patchNumber(minMemory, 1<<50, true)
	case "cpus":
		return patchNumber(0.01, 1024, false)
	case "env":
		return patchEnv
	case "labels":
		return patchTexts
	case "restart":
		return patchRestart
	default:
		return patchDuration
	}
}

const (
	maxAttempts = 100
	minMemory   = 6 << 20 // what Docker demands
)

func readPatch(l *glua.LState, op hooks.Op, t *glua.LTable) map[string]any {
	fields := patchFields(op)
	if fields == nil {
		vm.Fail(l, "edged.modify can't change anything of %s", op)
	}
	var known []string
	for _, f := range fields {
		known = append(known, f.Name)
	}
	patch := map[string]any{}
	eachField(l, t, func(key string, v glua.LValue) {
		checkName(l, key, known, "field of "+string(op))
		patch[key] = patchReaderOf(key)(l, key, v)
	})
	if len(patch) == 0 {
		vm.Fail(l, "edged.modify without a change")
	}
	return patch
}

func patchImage(l *glua.LState, key string, v glua.LValue) any {
	ref := textField(l, key, v)
	if _, err := hooks.ParseImage(ref); err != nil {
		vm.Fail(l, "field '%s': %v", key, err)
	}
	return ref
}

func patchNumber(least, most float64, whole bool) patchReader {
	return func(l *glua.LState, key string, v glua.LValue) any {
		n, ok := v.(glua.LNumber)
		f := float64(n)
		if !ok || !(f >= least && f <= most) || whole && f != math.Trunc(f) {
			kind := "number"
			if whole {
				kind = "whole number"
			}
			vm.Fail(l, "field '%s' must be a %s from %s to %s", key, kind, vm.FormatNumber(least), vm.FormatNumber(most))
		}
		return f
	}
}

// patchRestart reads a restart policy as engines have them.
func patchRestart(l *glua.LState, key string, v glua.LValue) any {
	text := textField(l, key, v)
	policy, times, counted := strings.Cut(text, ":")
	if counted && policy == "on-failure" {
		if n, err := strconv.Atoi(times); err == nil && n > 0 {
			return text
		}
		vm.Fail(l, "field '%s': '%s' is no number of attempts", key, times)
	}
	checkName(l, text, []string{"no", "always", "unless-stopped", "on-failure"}, "restart policy")
	return text
}

func patchDuration(l *glua.LState, key string, v glua.LValue) any {
	d, err := duration(v)
	if err != nil {
		vm.Fail(l, "field '%s': %v", key, err)
	}
	return d.String()
}

func patchTexts(l *glua.LState, key string, v glua.LValue) any {
	texts := map[string]any{}
	eachField(l, fieldTable(l, key, v), func(name string, v glua.LValue) {
		texts[name] = textField(l, key+"."+name, v)
	})
	return texts
}

func patchEnv(l *glua.LState, key string, v glua.LValue) any {
	eachField(l, fieldTable(l, key, v), func(name string, _ glua.LValue) {
		if name == "" || strings.Contains(name, "=") {
			vm.Fail(l, "field '%s': '%s' is no name of a variable", key, name)
		}
	})
	return patchTexts(l, key, v)
}

func fieldTable(l *glua.LState, key string, v glua.LValue) *glua.LTable {
	t, ok := v.(*glua.LTable)
	if !ok {
		vm.Fail(l, "field '%s' must be a table of names and strings, not a %s", key, v.Type())
	}
	return t
}

// patched returns ev as it is after the changes of earlier hooks.
func patched(ev hooks.Event, answers []hooks.Answer) hooks.Event {
	for _, a := range answers {
		if a.Verdict != hooks.VerdictModify {
			continue
		}
		ev.Patch = hooks.Overlaid(ev.Patch, a.Patch)
		if ref, ok := a.Patch["image"].(string); ok {
			if img, err := hooks.ParseImage(ref); err == nil {
				ev.Image = &img
			}
		}
		desire(&ev, a.Patch)
	}
	return ev
}

// desire has an event show what is to run after a change.
func desire(ev *hooks.Event, patch map[string]any) {
	if ev.Desired == nil {
		return
	}
	ev.Desired = new(ev.Desired.Patched(patch))
	if ev.Current == nil {
		return
	}
	changes := ev.Current.Differences(*ev.Desired)
	if _, other := patch["image"]; !other && slices.Contains(ev.Changes, "image") && !slices.Contains(changes, "image") {
		changes = append([]string{"image"}, changes...) // its tag means another one
	}
	ev.Changes = changes
}
