package apidoc

import (
	"fmt"
	"strings"

	"edged/hooks/lua"
	"edged/hooks/lua/luatest"
)

// A group is a part of the API that stands in a table of its own.
type group struct {
	name, title string
	entries     []lua.Entry
}

func groups() []group {
	g := []group{
		{name: "declaring", title: "DECLARING"}, {name: "answers", title: "ANSWERS"},
		{name: "actions", title: "ACTIONS"}, {name: "modules", title: "MODULES"},
	}
	for _, e := range lua.API() {
		i := 3
		switch {
		case e.Answers() == lua.TypeAnswer:
			i = 1
		case e.Answers() == lua.TypeAction:
			i = 2
		case declares(e.Name):
			i = 0
		}
		g[i].entries = append(g[i].entries, e)
	}
	return append(g, group{name: "tests", title: "TESTS", entries: luatest.API()})
}

func declares(name string) bool {
	switch name {
	case "edged.api", "edged.needs", "edged.import", "edged.before", "edged.after", "edged.on", "edged.every", "edged.cron":
		return true
	}
	return false
}

// call is an entry as it is written in a script.
func call(e lua.Entry) string {
	if isValue(e) {
		return e.Name
	}
	var params string
	for i, p := range e.Params {
		separator := ", "
		if i == 0 {
			separator = ""
		}
		if p.Optional {
			params += separator + "[" + p.Name + "]"
		} else {
			params += separator + p.Name
		}
	}
	text := e.Name + "(" + params + ")"
	if e.Answers() != "" || len(e.Returns) == 0 {
		return text
	}
	return text + " -> " + kinds(e.Returns)
}

func kinds(results []lua.Param) string {
	var names []string
	for _, r := range results {
		names = append(names, strings.ReplaceAll(r.Type, "edged.", ""))
	}
	return strings.Join(names, ", ")
}

// markdown returns the tables of docs/lua.md, by the name of their place.
func markdown() map[string]string {
	tables := map[string]string{}
	for _, g := range groups() {
		var b strings.Builder
		b.WriteString("| call | |\n|---|---|\n")
		for _, e := range g.entries {
			fmt.Fprintf(&b, "| `%s` | %s |\n", call(e), cell(entryDoc(e)))
		}
		tables[g.name] = b.String()
	}
	var b strings.Builder
	for i, c := range lua.Classes() {
		if strings.HasSuffix(c.Name, ".Patch") {
			continue
		}
		if i > 0 {
			fmt.Fprintf(&b, "\n`%s`: %s\n\n", strings.TrimPrefix(c.Name, "edged."), c.Doc)
		}
		b.WriteString(fieldTable(c))
	}
	tables["events"] = b.String()
	tables["ops"], tables["patch"] = opTables()
	tables["notices"] = "| notice | |\n|---|---|\n"
	for _, o := range lua.Occurrences() {
		tables["notices"] += fmt.Sprintf("| `%s` | %s |\n", o.Notice, cell(o.Doc))
	}
	return tables
}

// opTables are that of the operations, and that of what can be changed of each.
func opTables() (ops, patch string) {
	ops = "| op | | a failed hook before it means |\n|---|---|---|\n"
	patch = "| op | field | type | |\n|---|---|---|---|\n"
	for _, op := range lua.Operations() {
		ops += fmt.Sprintf("| `%s` | %s | %s |\n", op.Op, cell(op.Doc), cell(op.Failure))
		for _, f := range op.Patch {
			patch += fmt.Sprintf("| `%s` | `%s` | %s | %s |\n", op.Op, f.Name, kind(f), cell(fieldDoc(f)))
		}
	}
	return ops, patch
}

func fieldTable(c lua.Class) string {
	where := false
	for _, f := range c.Fields {
		where = where || f.In != ""
	}
	var b strings.Builder
	if where {
		b.WriteString("| field | type | in | |\n|---|---|---|---|\n")
	} else {
		b.WriteString("| field | type | |\n|---|---|---|\n")
	}
	for _, f := range c.Fields {
		fmt.Fprintf(&b, "| `%s` | %s |", f.Name, kind(f))
		if where {
			fmt.Fprintf(&b, " %s |", f.In)
		}
		fmt.Fprintf(&b, " %s |\n", cell(fieldDoc(f)))
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// entryDoc says what an entry is, and what it needs.
func entryDoc(e lua.Entry) string {
	var more []string
	for _, p := range e.Params {
		if p.Doc != "" {
			more = append(more, p.Name+": "+p.Doc)
		}
	}
	for _, r := range e.Returns {
		if r.Doc != "" {
			more = append(more, "gives "+r.Doc)
		}
	}
	text := e.Doc
	if len(more) > 0 {
		text += " (" + strings.Join(more, "; ") + ")"
	}
	if e.Need != "" {
		text += " Needs " + e.Need + "."
	}
	return text
}

// kind is the type of a field, for people.
func kind(f lua.Field) string {
	text := strings.ReplaceAll(strings.ReplaceAll(f.Type, "edged.", ""), "|", " ")
	if f.Optional {
		text += "?"
	}
	return cell(text)
}
