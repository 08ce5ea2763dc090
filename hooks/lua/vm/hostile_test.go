package vm

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"edged/hooks/lua/vm/hostile"
)

// TestHostile runs every program of testdata/hostile in a process of its own and
// sees to it that it ends in time and within memory. What a program returns does
// not matter.
func TestHostile(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes time and memory of its own; make test-lua goes without")
	}
	programs := hostile.Files(t, "testdata/hostile")
	for name, source := range hostileSources() {
		programs[name] = source
	}
	if len(programs) < 80 {
		t.Fatalf("%d hostile programs; want 80 at least", len(programs))
	}
	env := NewEnv(nil)
	if err := tryHostile(env, `return ("x"):rep(10) .. 1`); err != nil { // what is made once is no cost of theirs
		t.Fatal(err)
	}
	hostile.Run(t, hostile.Deadline, programs, func(source string) error { return tryHostile(env, source) })
}

func tryHostile(env *Env, source string) error {
	chunk, err := Compile("hostile", source)
	if err != nil {
		return err
	}
	v := New(Limits{Time: hostile.Deadline}, env)
	defer v.Close()
	err = v.Run(context.Background(), chunk)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		return errors.New("internal error: not an *Error: " + err.Error())
	}
	return err
}

// hostileSources are hostile by their text alone.
func hostileSources() map[string]string {
	var constants strings.Builder
	for i := range 8000 {
		constants.WriteString(strconv.Itoa(i) + ".5,")
	}
	rep := strings.Repeat
	return map[string]string{
		"source_braces":           "return " + rep("{", 30_000),
		"source_parens":           "return " + rep("(", 30_000) + "1" + rep(")", 30_000),
		"source_minus":            "return " + rep("- ", 30_000) + "1",
		"source_not":              "return " + rep("not ", 15_000) + "1",
		"source_concat":           "return " + rep(`"a"..`, 10_000) + `"a"`,
		"source_power":            "return " + rep("2^", 20_000) + "2",
		"source_sum":              "return " + rep("x+", 20_000) + "x",
		"source_functions":        rep("function f()end\n", 4000),
		"source_nested_functions": "return " + rep("function() return ", 1000) + "1" + rep(" end", 1000),
		"source_calls":            "f" + rep("()", 30_000),
		"source_index":            "return a" + rep(".b", 30_000),
		"source_elseif":           "if a then\n" + rep("elseif a then\n", 4000) + "end",
		"source_constants":        "return {" + constants.String() + "}",
		"source_locals":           rep("local x\n", 7000),
		"source_do":               rep("do ", 10_000) + rep("end ", 10_000),
		"source_items":            "return {" + rep("1,", 30_000) + "}",
		"source_long":             rep("-- x\n", 20_000),
		"source_string":           `return "` + rep("x", 65_000) + `"`,
	}
}
