package lua

import (
	"strings"
	"testing"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func TestLocalsOfTheFile(t *testing.T) {
	const hook = `edged.before("pull", function(ev) `
	tests := map[string]struct {
		source string
		line   int // of the assignment; 0: none is to be found
	}{
		"in a hook":                {"local n = 0\n" + hook + "\nn = n + 1 end)", 3},
		"nested":                   {"local n = 0\n" + hook + "if ev then\nreturn (function() n = 1 end)() end end)", 3},
		"by name":                  {"local n\nlocal function f(ev)\nn = 1 end\nedged.on('exit', f)", 3},
		"by a global name":         {"local n\nfunction f(ev)\nn = 1 end\nedged.on('exit', f)", 3},
		"in a helper":              {"local n\nlocal function add()\nn = 1 end\n" + hook + "add() end)", 3},
		"two helpers away":         {"local n\nlocal function add()\nn = 1 end\nlocal function both() add() end\n" + hook + "both() end)", 3},
		"in a table":               {"local n\nlocal M = { add = function()\nn = 1 end }\n" + hook + "M.add() end)", 3},
		"a method":                 {"local n\nlocal M = {}\nfunction M:add()\nn = 1 end\n" + hook + "M:add() end)", 4},
		"a field":                  {"local n\nlocal M = {}\nfunction M.sub.add()\nn = 1 end\n" + hook + "M.sub.add() end)", 4},
		"a later value":            {"local n, f\nf = function()\nn = 1 end\n" + hook + "f() end)", 3},
		"one of several":           {"local a, b\n" + hook + "local x\nx, b = 1, 2 end)", 3},
		"function":                 {"local f\n" + hook + "\nfunction f() end end)", 3},
		"in a block":               {"do local n\n" + hook + "\nn = 1 end) end", 3},
		"a loop's":                 {"for i = 1, 2 do\n" + hook + "\ni = 1 end) end", 3},
		"timer":                    {"local n\nedged.every('1m', function()\nn = 1 end)", 3},
		"cron with zone":           {"local n\nedged.cron('* * * * *', 'UTC', function()\nn = 1 end)", 3},
		"recursive":                {"local n\nlocal function f() f()\nn = 1 end\n" + hook + "f() end)", 3},
		"registered by a function": {"local n\nlocal function add(op) edged.before(op, function()\nn = 1 end) end\nadd('pull')", 3},
		"read":                     {"local n = 1\n" + hook + "return edged.deny(n) end)", 0},
		"field":                    {"local t = {}\n" + hook + "t.n = 1 end)", 0},
		"own local":                {"local n = 0\n" + hook + "local n = 1 n = 2 end)", 0},
		"parameter":                {"local ev\n" + hook + "ev = nil end)", 0},
		"loop variable":            {"local i\n" + hook + "for i = 1, 2 do i = 3 end for _, i in ipairs({}) do i = 1 end end)", 0},
		"global":                   {hook + "n = 1 end)", 0},
		"while loading":            {"local n = 0\nlocal function count() n = n + 1 end\ncount()\n" + hook + "end)", 0},
		"in the body":              {"local n = 0\nn = n + 1\n" + hook + "end)", 0},
		"forward declaration":      {"local f\nfunction f() return 1 end\n" + hook + "f() end)", 0},
		"upvalue of a function":    {"local function make() local n = 0 return function() n = n + 1 return n end end\n" + hook + "make()() end)", 0},
		"self":                     {"local M = {}\nfunction M:f() self = nil end\n" + hook + "M:f() end)", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.line == 0 {
				one(t, tt.source)
				return
			}
			got := loadError(t, map[string]string{"10-test.lua": tt.source})
			if got[0].Line != tt.line || !strings.HasSuffix(got[0].Message, "is a local of the file: what a hook assigns to it is forgotten after the event; use edged.kv") {
				t.Errorf("got %v, want line %d", got, tt.line)
			}
		})
	}
}

func TestLocalsOfALibrary(t *testing.T) {
	got := loadError(t, map[string]string{"lib/x.lua": "local n = 0\nlocal M = {}\nfunction M.count()\nn = n + 1 end\nreturn M"})
	if got[0].File != "lib/x.lua" || got[0].Line != 4 {
		t.Errorf("got %v", got)
	}
	load(t, map[string]string{"lib/x.lua": "local n = 0\nlocal function count() n = n + 1 end\ncount()\nreturn { n = n }"})
}

// FuzzLoad looks for a source that brings the loader down.
func FuzzLoad(f *testing.F) {
	f.Add("local n\nlocal M = { f = function() n = 1 end }\nedged.before('pull', { stage = 'mutate' }, function(ev) M.f() end)")
	f.Add("edged.needs { 'mqtt.publish:a' } edged.every('1m', function() return edged.prune() end)")
	f.Fuzz(func(t *testing.T, source string) {
		s, err := Load(Options{Sources: []hooks.Source{{Name: "a.lua", Text: source}}, Limits: vm.Limits{Units: 5000}})
		if err == nil {
			s.Ask(t.Context(), pullEvent("a"))
		}
	})
}
