package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const tutorialFile = "../../docs/policy-tutorial.md"

// TestTutorial does what docs/policy-tutorial.md says, in its order: a block of Lua
// that begins with a path is written to that file, and the commands of a block
// "console" must print what stands below them, "..." standing for anything.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile(tutorialFile)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, commands := 0, 0
	for _, b := range blocks(string(text)) {
		switch b.kind {
		case "lua":
			path, ok := strings.CutPrefix(strings.SplitN(b.text, "\n", 2)[0], "-- policy/")
			if !ok {
				t.Fatalf("line %d: Lua without the path of its file", b.line)
			}
			if err := os.WriteFile(filepath.Join(dir, "policy", path), []byte(b.text), 0o644); err != nil {
				t.Fatal(err)
			}
			files++
		case "console":
			for _, c := range dialogue(b) {
				c.run(t, dir)
				commands++
			}
		}
	}
	if files < 5 || commands < 10 {
		t.Errorf("only %d files and %d commands", files, commands)
	}
}

// A block is one between fences.
type block struct {
	kind string // such as lua
	line int    // of its first line of text
	text string
}

func blocks(text string) []block {
	var all []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			open = &block{kind: fence, line: i + 2}
		case isFence:
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return all
}

// A command is one of a dialogue, with what it must print.
type command struct {
	line   int
	shell  string
	output []string
	exit   int
}

func dialogue(b block) []command {
	var all []command
	for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
		if shell, ok := strings.CutPrefix(line, "$ "); ok {
			all = append(all, command{line: b.line + i, shell: shell})
			continue
		}
		last := &all[len(all)-1]
		if n, _ := fmt.Sscanf(line, "[exit %d]", &last.exit); n == 0 {
			last.output = append(last.output, line)
		}
	}
	return all
}

func (c command) run(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", c.shell)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC", "EDGED_CONFIG="+os.DevNull)
	out, err := cmd.CombinedOutput()
	code := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code = ended.ExitCode()
	} else if err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(out) == 0 {
		got = nil
	}
	if code != c.exit || !printed(c.output, got) {
		t.Fatalf("line %d: %s ended with %d and printed\n%s\nwant %d and\n%s",
			c.line, c.shell, code, out, c.exit, strings.Join(c.output, "\n"))
	}
}

// printed compares lines. A line "..." stands for any lines, "..." within one for
// any text.
func printed(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for skip := range len(got) + 1 {
			if printed(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && like(want[0], got[0]) && printed(want[1:], got[1:])
}

func like(want, got string) bool {
	before, after, wild := strings.Cut(want, "...")
	if !wild {
		return strings.TrimRight(want, " ") == strings.TrimRight(got, " ")
	}
	return len(got) >= len(before)+len(after) && strings.HasPrefix(got, before) && strings.HasSuffix(got, after)
}
