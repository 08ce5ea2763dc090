// Package hostile runs programs that mean harm, each in a process of its own,
// and measures what they cost. It is for tests.
package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a program may cost.
const (
	Deadline = 250 * time.Millisecond
	Grace    = 100 * time.Millisecond
	Memory   = 24 << 10 // KiB of resident memory above rest
)

// hung is when a program counts as one that never ends, on the busiest machine.
const hung = 20 * time.Second

// A Cost is what a program took in its process.
type Cost struct {
	Deadline  time.Duration `json:"-"` // that it had
	Wall      time.Duration // by the clock
	Processor time.Duration // of all processors, garbage collection included
	Grown     int           // KiB of resident memory, at most
	Error     string        // how it ended
}

// Excess says what was too much, or nothing. On a busy machine a program waits
// for a processor, which is no fault of its own: then what it used counts.
func (c Cost) Excess() string {
	var all []string
	if min(c.Wall, c.Processor) > c.Deadline+Grace {
		all = append(all, "took "+c.Wall.String()+", "+c.Processor.String()+" of a processor")
	}
	if c.Grown > Memory {
		all = append(all, "grew by "+strconv.Itoa(c.Grown)+" KiB")
	}
	if strings.Contains(c.Error, "internal error") {
		all = append(all, "a fault of the machine")
	}
	return strings.Join(all, ", ")
}

// Files returns the programs *.lua of a folder by name.
func Files(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.lua"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no programs in %s: %v", dir, err)
	}
	sources := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources[strings.TrimSuffix(filepath.Base(path), ".lua")] = string(text)
	}
	return sources
}

// program names, in the environment of a process, the program that it is for.
const program = "HOSTILE_PROGRAM"

// Run runs every program, in a process that runs the calling test again, and
// sees to it that none costs too much. Each has three tries, as the heap of a
// process may be at its worst by chance. It must be called directly by the test,
// with the same programs in every process.
func Run(t *testing.T, deadline time.Duration, programs map[string]string, try func(source string) error) {
	t.Helper()
	if name, ok := os.LookupEnv(program); ok {
		alone(t, func() error { return try(programs[name]) })
		return
	}
	test := t.Name()
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c Cost
			for range 3 {
				c = Measure(t, deadline, test, name)
				if c.Excess() == "" {
					t.Logf("%s, %s of a processor, %d KiB: %s", c.Wall, c.Processor, c.Grown, c.Error)
					return
				}
			}
			t.Errorf("%s (%s)", c.Excess(), c.Error)
		})
	}
}

// Measure runs a program of a test in a process of its own. The test fails when
// the process dies or hangs.
func Measure(t *testing.T, deadline time.Duration, test, name string) Cost {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), program+"="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the process died: %v\n%s", err, out)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	c := Cost{Deadline: deadline}
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

// alone is the process of one program.
func alone(t *testing.T, try func() error) {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // makes VmHWM begin anew
		t.Fatal(err)
	}
	rest, used, began := resident(t, "VmRSS"), processor(t), time.Now()
	err := try()
	c := Cost{Wall: time.Since(began), Processor: processor(t) - used, Grown: resident(t, "VmHWM") - rest}
	if err != nil {
		c.Error = err.Error()[:min(200, len(err.Error()))]
	}
	line, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\n", line)
}

func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident reads a field of the status of this process, in KiB.
func resident(t *testing.T, field string) int {
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
