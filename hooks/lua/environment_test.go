package lua

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// TestReachable walks everything that a script can reach, through the tables that hide it, and compares it with
// testdata/environment.txt: what is added to edged has to be added there, by somebody who has looked at it.
func TestReachable(t *testing.T) {
	want, err := os.ReadFile("testdata/environment.txt")
	if err != nil {
		t.Fatal(err)
	}
	v := vm.New(vm.Limits{}, one(t, pull("")).env)
	defer v.Close()
	w := reach{seen: map[glua.LValue]string{}}
	_, err = v.Call(context.Background(), vm.Function(func(l *glua.LState) int {
		w.walk("_G", l.Get(glua.GlobalsIndex))
		w.walk("metatable of strings", l.GetMetatable(glua.LString("")))
		w.walk("metatable of functions", l.GetMetatable(vm.Function(nil)))
		return 0
	}))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(w.lines)
	if got := strings.Join(w.lines, "\n") + "\n"; got != string(want) {
		t.Errorf("reachable:\n%s", got)
	}
}

// A reach collects a line for each value, and what of it matters.
type reach struct {
	seen  map[glua.LValue]string // its first name
	lines []string
}

func (w *reach) walk(name string, v glua.LValue) {
	line := name + " " + v.Type().String()
	switch v := v.(type) {
	case *glua.LTable, *glua.LUserData, *glua.LFunction:
		if first, ok := w.seen[v]; ok {
			w.lines = append(w.lines, line+", the same as "+first)
			return
		}
		w.seen[v] = name
	}
	switch v := v.(type) {
	case *glua.LTable:
		w.table(name, line, v)
		return
	case *glua.LUserData:
		line += fmt.Sprintf(" of %T", v.Value)
		w.walk(name+"'s metatable", v.Metatable)
		if v.Env != nil {
			w.walk(name+"'s environment", v.Env)
		}
	case *glua.LFunction:
		if !v.IsG || len(v.Upvalues) > 0 || v.Env != nil {
			line += " of Lua, or with something of its own"
		}
	}
	w.lines = append(w.lines, line)
}

// table walks a table's fields, and those that its metatable shows in their place.
func (w *reach) table(name, line string, t *glua.LTable) {
	fields := func(key, v glua.LValue) { w.walk(name+"."+key.String(), v) }
	mt, _ := t.Metatable.(*glua.LTable)
	if mt != nil {
		if mt.RawGetString("__metatable") == glua.LFalse {
			line += ", sealed"
		}
		var called []string
		mt.ForEach(func(key, v glua.LValue) { // in any order
			shown, ok := v.(*glua.LTable)
			switch {
			case key.String() == "__index" && ok:
				shown.ForEach(fields)
			case v.Type() == glua.LTFunction:
				called = append(called, ", "+key.String())
			}
		})
		slices.Sort(called)
		line += strings.Join(called, "")
	}
	w.lines = append(w.lines, line)
	t.ForEach(fields)
}

// What scripts reach of the host is what the table says, read-only, and nothing that
// one script could leave for another.
func TestEnvironment(t *testing.T) {
	var lines []string
	s := one(t, pull(`
		local names, seen = {}, {}
		local function walk(name, value)
			if type(value) ~= "table" or seen[value] then names[#names + 1] = name .. " " .. type(value) return end
			seen[value] = true
			names[#names + 1] = name .. " table"
			if pcall(rawset, value, "leak", 1) then names[#names + 1] = name .. " CAN BE WRITTEN" end
			for k, v in pairs(value) do walk(name .. "." .. k, v) end
		end
		walk("edged", edged)
		table.sort(names)
		for i = 1, #names, 9 do edged.log(table.concat(names, "\n", i, math.min(i + 8, #names))) end`), func(o *Options) { o.Log = logTo(&lines) })
	answer(t, s, pullEvent("a"))
	want := map[string]bool{"edged table": true}
	for _, e := range API() {
		kind := "function"
		switch {
		case e.Name == "edged.json.null":
			kind = "userdata"
		case e.Name == "edged.device":
			kind = "table"
		}
		want[e.Name+" "+kind] = true
		if module, _, ok := cutLast(e.Name); ok && module != "edged" {
			want[module+" table"] = true
		}
	}
	got := strings.Split(strings.Join(lines, "\n"), "\n")
	for _, name := range got {
		if !want[name] {
			t.Errorf("reachable and not in the table: %s", name)
		}
	}
	if len(got) != len(want) {
		slices.Sort(got)
		t.Errorf("%d names are reachable, %d are in the table:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
}

func cutLast(name string) (before, after string, found bool) {
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}

// logTo collects the lines of a log.
func logTo(lines *[]string) *slog.Logger {
	return slog.New(&collect{Handler: slog.DiscardHandler, lines: lines})
}

type collect struct {
	slog.Handler
	lines *[]string
}

func (c *collect) Enabled(context.Context, slog.Level) bool { return true }

func (c *collect) Handle(_ context.Context, r slog.Record) error {
	*c.lines = append(*c.lines, r.Message)
	return nil
}
