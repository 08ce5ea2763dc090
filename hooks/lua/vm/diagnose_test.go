package vm

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiagnose(t *testing.T) {
	for source, want := range map[string]string{
		"local x = -0":                                         "1:11: -0 is 0 here",
		"local x = y -0":                                       "",
		"\n  print(1)":                                         "2:3: print is not there",
		"local print = f print(1)":                             "",
		"local function f(print) print(1) end":                 "",
		"function print() end print(1)":                        "",
		"f(print, 1)":                                          "1:3: print is not there",
		"local a, os = 1, 2 return os.x":                       "",
		"for k, io in pairs({}) do f(io) end":                  "",
		"return os.time()":                                     "1:8: os is not there",
		"return t.print, t:load(), { print = 1 }":              "",
		"return math.random(3)":                                "1:8: math.random gives the same numbers each time",
		"return string.dump(f)":                                "1:8: string.dump is not there",
		`setmetatable({}, { __gc = f, ["__mode"] = "k" })`:     "1:20: __gc has no effect here|1:31: __mode has no effect here",
		"mt.__len = f":                                         "1:4: # heeds __len",
		`for i = "1", 2 do end`:                                "1:9: the bounds of a numeric for",
		`for i = f("1", 2), 3 do end`:                          "",
		"t[4096] = 1 t[5000] = 1":                              "1:15: an index more than 4096",
		"return { 1, nil, 3 }, { 1, nil }, f(1, nil, 3)":       "1:13: a table with a nil among its items",
		"return { x = f(), " + strings.Repeat("1, ", 60) + "}": "1:10: a table of 50 items",
		"return { " + strings.Repeat("1, ", 60) + "}":          "",
		"x = = 1": "",
	} {
		var got []string
		for _, w := range Diagnose("p", source) {
			got = append(got, fmt.Sprintf("%d:%d: %s", w.Line, w.Column, w.Message))
		}
		wants := strings.Split(want, "|")
		if want == "" {
			wants = nil
		}
		ok := len(got) == len(wants)
		for i := range min(len(got), len(wants)) {
			ok = ok && strings.HasPrefix(got[i], wants[i])
		}
		if !ok {
			t.Errorf("%s\ngot:  %q\nwant: %q", source, got, wants)
		}
	}
}

// TestDifferencesAreDifferent sees to it that no warning is given of what is
// there after all.
func TestDifferencesAreDifferent(t *testing.T) {
	r := newRunner(t)
	for name, message := range differs() {
		if message == "is not there" {
			if got := r.run(t, "out("+name+")"); name != "math.mod" && !strings.HasPrefix(got, "nil") {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}
