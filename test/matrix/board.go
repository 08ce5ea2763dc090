package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// board is the table of behaviours and engines.
type board struct {
	columns []string
	rows    map[string]map[string]*count
	parents map[string]bool // tests of the current run that have subtests
}

// count is how often a behaviour held on an engine.
type count struct{ passed, failed int }

func newBoard() *board { return &board{rows: map[string]map[string]*count{}} }

// event is a line of `go test -json`.
type event struct {
	Action, Package, Test, Output string
}

// read collects the results of `go test -json` and says at once what failed, with its output. names gives the column
// for an engine's name in the path of a subtest.
func (b *board) read(in io.Reader, names map[string]string, failures io.Writer) error {
	b.columns = append(b.columns, slices.Sorted(maps.Values(names))...)
	b.parents = map[string]bool{}
	outputs := map[string]*strings.Builder{}
	for events := json.NewDecoder(in); ; {
		var e event
		if err := events.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		key := e.Package + "/" + e.Test
		switch e.Action {
		case "output":
			if outputs[key] == nil {
				outputs[key] = &strings.Builder{}
			}
			outputs[key].WriteString(e.Output)
		case "pass", "skip", "fail":
			b.note(e, names)
			if e.Action == "fail" && outputs[key] != nil {
				fmt.Fprint(failures, outputs[key])
			}
			delete(outputs, key)
		}
	}
}

// note counts a result of a test that names an engine in its path. A test that has subtests is counted by them, unless
// it failed by itself.
func (b *board) note(e event, names map[string]string) {
	path := strings.Split(e.Test, "/")
	for depth := 1; depth < len(path); depth++ {
		b.parents[strings.Join(path[:depth], "/")] = true
	}
	at := slices.IndexFunc(path, func(part string) bool { return names[part] != "" })
	if at < 0 || b.parents[e.Test] && e.Action != "fail" {
		return
	}
	cell := b.cell(row(slices.Delete(slices.Clone(path), at, at+1)), names[path[at]])
	switch e.Action {
	case "pass":
		cell.passed++
	case "fail":
		cell.failed++
	}
}

// row is the name of a line: the suites' behaviours have one each, all cases of another test have one together.
func row(path []string) string {
	if (path[0] == "TestSuite" || path[0] == "TestPrivate") && len(path) > 1 {
		return path[1]
	}
	return strings.TrimPrefix(path[0], "Test")
}

func (b *board) cell(row, column string) *count {
	if b.rows[row] == nil {
		b.rows[row] = map[string]*count{}
	}
	if b.rows[row][column] == nil {
		b.rows[row][column] = &count{}
	}
	return b.rows[row][column]
}

// String is one cell: how many held of how many, in a word where it is one.
func (c *count) String() string {
	switch {
	case c == nil || c.passed+c.failed == 0:
		return "-"
	case c.passed+c.failed == 1 && c.failed == 0:
		return "yes"
	case c.failed == 0:
		return fmt.Sprintf("yes (%d)", c.passed)
	}
	return fmt.Sprintf("NO (%d of %d)", c.failed, c.passed+c.failed)
}

func (b *board) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "behaviour\t"+strings.Join(b.columns, "\t"))
	for _, row := range slices.Sorted(maps.Keys(b.rows)) {
		cells := []string{row}
		for _, column := range b.columns {
			cells = append(cells, b.rows[row][column].String())
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
}
