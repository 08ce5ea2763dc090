package lua

import (
	"maps"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A patchReader turns the value of one field of a patch into plain data.
type patchReader func(l *glua.LState, key string, v glua.LValue) any

// patchable returns the fields that a script may change of an operation. Their
// values are what JSON has: attempts float64; env and labels map[string]any of
// strings; the others strings, stop_timeout, health_gate and stable_for being
// durations such as 1m30s.
func patchable(op hooks.Op) map[string]patchReader {
	switch op {
	case hooks.OpPull:
		return map[string]patchReader{"image": patchImage, "attempts": patchAttempts}
	case hooks.OpUpdate, hooks.OpCreate:
		return map[string]patchReader{
			"image": patchImage, "env": patchEnv, "labels": patchTexts,
			"stop_timeout": patchDuration, "health_gate": patchDuration, "stable_for": patchDuration,
		}
	case hooks.OpStop:
		return map[string]patchReader{"stop_timeout": patchDuration}
	}
	return nil
}

func readPatch(l *glua.LState, op hooks.Op, t *glua.LTable) map[string]any {
	readers := patchable(op)
	if readers == nil {
		vm.Fail(l, "edged.modify can't change anything of %s", op)
	}
	known := slices.Sorted(maps.Keys(readers))
	patch := map[string]any{}
	eachField(l, t, func(key string, v glua.LValue) {
		checkName(l, key, known, "field of "+string(op))
		patch[key] = readers[key](l, key, v)
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

const maxAttempts = 100

func patchAttempts(l *glua.LState, key string, v glua.LValue) any {
	n, ok := v.(glua.LNumber)
	if !ok || n != glua.LNumber(int(n)) || n < 1 || n > maxAttempts {
		vm.Fail(l, "field '%s' must be a whole number from 1 to %d", key, maxAttempts)
	}
	return float64(n)
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
		all := maps.Clone(ev.Patch)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, a.Patch)
		ev.Patch = all
		if ref, ok := a.Patch["image"].(string); ok {
			if img, err := hooks.ParseImage(ref); err == nil {
				ev.Image = &img
			}
		}
	}
	return ev
}
