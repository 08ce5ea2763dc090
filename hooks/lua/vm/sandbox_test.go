package vm

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// TestSandbox walks everything that a program can reach and compares it with
// testdata/sandbox.txt.
func TestSandbox(t *testing.T) {
	want, err := os.ReadFile("testdata/sandbox.txt")
	if err != nil {
		t.Fatal(err)
	}
	v := New(unhurried, NewEnv(nil))
	defer v.Close()
	w := walker{seen: map[lua.LValue]bool{}}
	g := v.main.Get(lua.GlobalsIndex)
	w.walk("_G", g)
	w.walk("string metatable", v.main.GetMetatable(lua.LString("")))
	slices.Sort(w.lines)
	if got := strings.Join(w.lines, "\n") + "\n"; got != string(want) {
		t.Errorf("reachable:\n%s", got)
	}
}

type walker struct {
	seen  map[lua.LValue]bool
	lines []string
}

func (w *walker) walk(name string, v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok || w.seen[t] {
		w.lines = append(w.lines, name+" "+v.Type().String())
		return
	}
	w.seen[t] = true
	kind := " table"
	if fields, readOnly := underlying(t); readOnly {
		t, kind = fields, " table, read-only"
	}
	w.lines = append(w.lines, name+kind)
	t.ForEach(func(k, v lua.LValue) { w.walk(name+"."+k.String(), v) })
	if mt, ok := t.Metatable.(*lua.LTable); ok {
		if fields, ok := mt.RawGetString("__index").(*lua.LTable); ok {
			fields.ForEach(func(k, v lua.LValue) { w.walk(name+"."+k.String(), v) })
		}
		if mt.RawGetString("__metatable") != lua.LFalse {
			w.lines = append(w.lines, name+" shows its metatable")
		}
	}
}

func TestReadOnly(t *testing.T) {
	for source, want := range map[string]string{
		`string.rep = nil`:                     "p:1: string is read-only",
		`rawset(math, "pi", 3)`:                "p:1: math is read-only",
		`table.insert(table, 1)`:               "p:1: table is read-only",
		`table.remove(table)`:                  "p:1: table is read-only",
		`table.sort(table)`:                    "p:1: table is read-only",
		`setmetatable(string, nil)`:            "p:1: string is read-only",
		`getmetatable("").__index = nil`:       "p:1: attempt to index a non-table object(boolean)",
		`setmetatable(_G, {})`:                 "p:1: cannot change a protected metatable",
		`(pairs)(string) string[1] = 1`:        "p:1: string is read-only",
		`local n = next(coroutine) n.x.y = ""`: "p:1: ",
	} {
		v := New(unhurried, NewEnv(nil))
		err := v.Run(context.Background(), compiled(t, source))
		v.Close()
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

// TestNoStateIsShared runs two machines on one environment and one program.
func TestNoStateIsShared(t *testing.T) {
	env, chunk := NewEnv(nil), compiled(t, `assert(x == nil and _G.y == nil) x, _G.y = 1, 2 print = 3`)
	for range 2 {
		v := New(unhurried, env)
		if err := v.Run(context.Background(), chunk); err != nil {
			t.Error(err)
		}
		v.Close()
	}
}

func TestExhausted(t *testing.T) {
	tests := map[string]struct {
		limits Limits
		source string
		what   string
	}{
		"units":   {Limits{Units: 1000}, "while true do end", "units"},
		"time":    {Limits{Units: 1 << 30, Time: 10 * time.Millisecond}, "while true do end", "time"},
		"memory":  {Limits{Units: 1 << 30, Time: time.Minute, Memory: 4 << 20}, "local t = {} for i = 1, 1e9 do t[i] = {} end", "memory"},
		"caught":  {Limits{Units: 1000}, "while true do pcall(function() while true do end end) end", "units"},
		"library": {Limits{Units: 5000, Time: 5 * time.Second}, `("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(31))`, "units"},
	}
	for name, tt := range tests {
		v := New(tt.limits, NewEnv(nil))
		err := v.Run(context.Background(), compiled(t, tt.source))
		var used *Exhausted
		var e *Error
		if !errors.As(err, &used) || used.What != tt.what || !errors.As(err, &e) || e.Line != 1 {
			t.Errorf("%s: %v", name, err)
		}
		v.Close()
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	v := New(Limits{Units: 1 << 30, Time: 10 * time.Second}, NewEnv(nil))
	defer v.Close()
	if err := v.Run(ctx, compiled(t, "while true do end")); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestUsableAfterErrors calls a machine again after a program failed in it.
func TestUsableAfterErrors(t *testing.T) {
	v := New(Limits{Units: 10_000}, NewEnv(nil))
	defer v.Close()
	for range 5 {
		for _, source := range []string{"error('x')", "while true do end", "local function f() return 1 + f() end f()", "coroutine.wrap(function() error('y') end)()"} {
			if err := v.Run(context.Background(), compiled(t, source)); err == nil {
				t.Errorf("%s went well", source)
			}
		}
		if err := v.Run(context.Background(), compiled(t, "assert((1 .. 2) == '12')")); err != nil {
			t.Error(err)
		}
	}
}

// TestUnitsAreTheSame sees to it that work is counted alike each time.
func TestUnitsAreTheSame(t *testing.T) {
	env := NewEnv(nil)
	chunk := compiled(t, `local s = "" for i = 1, 100 do s = s .. i end local n = s:gsub("%d+", "x")`)
	units := map[int]bool{}
	for range 5 {
		v := New(unhurried, env)
		if err := v.Run(context.Background(), chunk); err != nil {
			t.Fatal(err)
		}
		units[v.Units()] = true
		v.Close()
	}
	if len(units) != 1 {
		t.Errorf("units differ: %v", units)
	}
}

func BenchmarkNew(b *testing.B) {
	env := NewEnv(nil)
	b.ReportAllocs()
	for b.Loop() {
		New(Limits{}, env).Close()
	}
}

func BenchmarkRun(b *testing.B) {
	env, chunk := NewEnv(nil), compiled(b, `local function f(ev) if ev == 1 then return 2 end end return f(1)`)
	b.ReportAllocs()
	for b.Loop() {
		v := New(Limits{}, env)
		if err := v.Run(context.Background(), chunk); err != nil {
			b.Fatal(err)
		}
		v.Close()
	}
}
