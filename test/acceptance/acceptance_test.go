// Package acceptance checks that docs/acceptance.md speaks of tests that exist.
package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	folder = regexp.MustCompile("^`([a-z0-9/]+)` (.*)$")
	test   = regexp.MustCompile(`^(?:Test|Fuzz)[A-Z]\w*$`)
)

func TestEachCaseHasItsTest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/acceptance.md"))
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "| ") || cells[0] == "case" {
			continue
		}
		cases++
		if len(cells) != 2 {
			t.Errorf("line %d: want a case and its tests", n+1)
			continue
		}
		dir := ""
		for name := range strings.SplitSeq(cells[1], ", ") {
			if m := folder.FindStringSubmatch(name); m != nil {
				dir, name = m[1], m[2]
			}
			if !test.MatchString(name) || !exists(t, dir, name) {
				t.Errorf("line %d: %s has no test %q", n+1, dir, name)
			}
		}
	}
	if cases == 0 {
		t.Error("no cases")
	}
}

// exists looks for the test in the files of a folder.
func exists(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil || dir == "" {
		return false
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
