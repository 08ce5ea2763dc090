package vm

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	hostileDeadline = 250 * time.Millisecond
	hostileGrace    = 100 * time.Millisecond
	hostileMemory   = 24 << 10 // KiB of resident memory above rest
)

// A verdict is what became of a hostile script in its process.
type verdict struct {
	Took  time.Duration
	Grown int // KiB of resident memory, at most
	Error string
}

// TestHostile runs every script of testdata/hostile in a process of its own and
// sees to it that it ends in time and within memory. What a script returns does
// not matter.
func TestHostile(t *testing.T) {
	if file := os.Getenv("HOSTILE"); file != "" {
		runHostile(t, file)
		return
	}
	files, err := filepath.Glob("testdata/hostile/*.lua")
	dir := t.TempDir()
	for name, source := range hostileSources() {
		path := filepath.Join(dir, name+".lua")
		if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if err != nil || len(files) < 80 {
		t.Fatalf("%d hostile scripts, %v; want 80 at least", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			t.Parallel()
			checkHostile(t, file)
		})
	}
}

// checkHostile lets a script try three times, as the machine may be busy.
func checkHostile(t *testing.T, file string) {
	t.Helper()
	var v verdict
	for range 3 {
		v = spawnHostile(t, file)
		if v.Took <= hostileDeadline+hostileGrace && v.Grown <= hostileMemory {
			break
		}
	}
	if v.Took > hostileDeadline+hostileGrace {
		t.Errorf("took %s (%s)", v.Took, v.Error)
	}
	if v.Grown > hostileMemory && !raceEnabled {
		t.Errorf("grew by %d KiB (%s)", v.Grown, v.Error)
	}
	if strings.Contains(v.Error, "internal error") {
		t.Errorf("a fault of the machine: %s", v.Error)
	}
}

func spawnHostile(t *testing.T, file string) verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHostile$", "-test.count=1")
	cmd.Env = append(os.Environ(), "HOSTILE="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the process died: %v\n%s", err, out)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	var v verdict
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return v
}

// runHostile is the process of one script.
func runHostile(t *testing.T, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	env := NewEnv(nil)
	warm := New(Limits{}, env)
	if err := warm.Run(context.Background(), compiled(t, `return ("x"):rep(10) .. 1`)); err != nil {
		t.Fatal(err)
	}
	warm.Close()
	runtime.GC()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // makes VmHWM begin anew
		t.Fatal(err)
	}
	rest := memory(t, "VmRSS")
	began := time.Now()
	err = tryHostile(env, string(source))
	v := verdict{Took: time.Since(began), Grown: memory(t, "VmHWM") - rest}
	if err != nil {
		v.Error = err.Error()[:min(200, len(err.Error()))]
	}
	line, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

func tryHostile(env *Env, source string) error {
	chunk, err := Compile("hostile", source)
	if err != nil {
		return err
	}
	v := New(Limits{Time: hostileDeadline}, env)
	defer v.Close()
	err = v.Run(context.Background(), chunk)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		return errors.New("internal error: not an *Error: " + err.Error())
	}
	return err
}

// memory reads a field of the status of this process, in KiB.
func memory(t *testing.T, field string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), field+":")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
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
