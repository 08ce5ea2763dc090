package lua

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

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
