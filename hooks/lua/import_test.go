package lua

import (
	"strings"
	"testing"

	"edged/hooks"
)

func TestImport(t *testing.T) {
	files := map[string]string{
		"10-test.lua": `local units = edged.import("lib/units")
` + pull(`return edged.deny(units.mib(3) .. " " .. edged.import("lib/units").loads .. " " .. tostring(edged.import("lib/nothing")))`),
		"lib/units.lua":      `local M = { loads = (loads or 0) + 1 } function M.mib(n) return n * 2^20 end return M`,
		"lib/nothing.lua":    `local x = 1`,
		"lib/units_test.lua": `this is no library`,
	}
	s := load(t, files)
	if got := answer(t, s, pullEvent("a")); got.Reason != "3145728 1 nil" {
		t.Errorf("got %+v", got)
	}
	if len(s.Scripts()) != 1 {
		t.Errorf("scripts = %+v", s.Scripts())
	}
	before := s.Revision()
	files["lib/nothing.lua"] = `local x = 2`
	if s = load(t, files); s.Revision() == before {
		t.Error("the revision does not depend on libraries")
	}
}

func TestImportErrors(t *testing.T) {
	files := map[string]string{
		"lib/a.lua":     `return edged.import("lib/b")`,
		"lib/b.lua":     `return edged.import("lib/a")`,
		"lib/hook.lua":  `edged.before("pull", function() end)`,
		"lib/bad.lua":   "\nerror('broken')",
		"lib/loop.lua":  "\nwhile true do end",
		"lib/fussy.lua": `if not ready then ready = true error("not yet") end return "well"`,
	}
	for source, want := range map[string]string{
		`edged.import("lib/c")`:     "10-test.lua:1:15: unknown library 'lib/c'; did you mean 'lib/a'?",
		`edged.import("units")`:     `10-test.lua:1: bad argument #1 (a library is named like "lib/units")`,
		`edged.import("lib/a")`:     "lib/b.lua:1: library lib/a imports itself",
		`edged.import("lib/hook")`:  "lib/hook.lua:1: edged.before belongs into a script; a library registers nothing",
		`edged.import("lib/bad")`:   "lib/bad.lua:2: broken",
		`edged.import("lib/loop")`:  "lib/loop.lua:2: ",
		`edged.import("lib/fuzzy")`: "did you mean 'lib/fussy'?",
	} {
		files["10-test.lua"] = source
		if got := loadError(t, files); len(got) != 1 || !strings.Contains(got.Error(), want) {
			t.Errorf("%s: %v, want %q", source, got, want)
		}
	}
	files["10-test.lua"] = pull(`pcall(edged.import, "lib/fussy") edged.before = nil return edged.deny(edged.import("lib/fussy"))`)
	files["10-test.lua"] = `local well = pcall(edged.import, "lib/fussy") ` + pull(`return edged.deny(tostring(well) .. " " .. edged.import("lib/fussy"))`)
	if got := answer(t, load(t, files), pullEvent("a")); got.Reason != "false well" {
		t.Errorf("a library that fails at first: %+v", got)
	}
	delete(files, "10-test.lua")
	files["lib/bad.lua"] = "x x"
	files["20.lua"] = "y y"
	if got := loadError(t, files); len(got) != 2 || got[0].File != "20.lua" || got[1].File != "lib/bad.lua" {
		t.Errorf("problems = %v", got)
	}
}

// What a library does is work of the script that imports it.
func TestLibrariesAreBudgeted(t *testing.T) {
	s := load(t, map[string]string{
		"10-test.lua":  pull(`return edged.allow(edged.import("lib/long"))`),
		"lib/long.lua": `for i = 1, 1e9 do end`,
	}, func(o *Options) { o.Limits.Units = 10_000 })
	got := answer(t, s, pullEvent("a"))
	if got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, "lib/long.lua:1: ") || !strings.Contains(got.Reason, "10000 units") {
		t.Errorf("got %+v", got)
	}
}
