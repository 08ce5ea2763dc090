package apidoc

import (
	"fmt"
	"slices"
	"strings"

	"edged/hooks/lua"
	"edged/hooks/lua/luatest"
	"edged/hooks/lua/vm"
)

// Luacheck returns .luacheckrc: what luacheck must know of policy scripts and their
// tests.
func Luacheck() string {
	var b strings.Builder
	b.WriteString("-- What policy scripts and their tests find, for luacheck. Written by edged; don't edit.\n")
	b.WriteString("std = {\n  read_globals = {\n")
	libraries := newTree(vm.Names())
	libraries.write(&b, "    ")
	var names []string
	for _, e := range lua.API() {
		names = append(names, e.Name)
	}
	newTree(names).write(&b, "    ")
	b.WriteString("  },\n}\nmax_line_length = 120\n\n")
	b.WriteString("files[\"**/*_test.lua\"] = {\n  allow_defined_top = true,\n  globals = {},\n  ignore = { \"131/test_.*\" },\n  read_globals = {\n")
	names = nil
	for _, e := range luatest.API() {
		names = append(names, e.Name)
	}
	newTree(names).write(&b, "    ")
	b.WriteString("  },\n}\nfiles[\"**/*.d.lua\"] = { ignore = { \".*\" } }\n")
	return b.String()
}

// A tree is names by the tables that they are in.
type tree map[string]tree

func newTree(names []string) tree {
	root := tree{}
	for _, name := range names {
		at := root
		for part := range strings.SplitSeq(name, ".") {
			if at[part] == nil {
				at[part] = tree{}
			}
			at = at[part]
		}
	}
	return root
}

func (t tree) write(b *strings.Builder, indent string) {
	var plain, tables []string
	for name, fields := range t {
		if len(fields) == 0 {
			plain = append(plain, name)
		} else {
			tables = append(tables, name)
		}
	}
	slices.Sort(plain)
	slices.Sort(tables)
	writeNames(b, indent, plain)
	for _, name := range tables {
		fmt.Fprintf(b, "%s%s = { fields = {\n", indent, name)
		t[name].write(b, indent+"  ")
		fmt.Fprintf(b, "%s} },\n", indent)
	}
}

// writeNames writes names between quotes, in lines of a fair length.
func writeNames(b *strings.Builder, indent string, names []string) {
	line := ""
	for _, n := range names {
		word := fmt.Sprintf("%q,", n)
		if line != "" && len(line)+len(word) > 100 {
			b.WriteString(indent + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		b.WriteString(indent + line + "\n")
	}
}
