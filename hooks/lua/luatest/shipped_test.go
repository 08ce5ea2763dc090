package luatest

import (
	"syscall"
	"testing"
	"time"
)

// TestShipped runs the tests of the policies in scripts/lua: all pass, together
// within a second of the processor's time, and reach every line and every answer.
func TestShipped(t *testing.T) {
	opts := Options{Dirs: []string{"../../../scripts/lua"}}
	began := processorTime(t)
	r, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	took := processorTime(t) - began
	for _, test := range r.Tests {
		if test.Failure != nil {
			t.Errorf("%s:%d: %s: %s", test.Failure.File, test.Failure.Line, test.Name, test.Failure.Message)
		}
	}
	t.Logf("%d tests, %d units, %s", len(r.Tests), r.Units(), took)
	if limit := time.Second * slower; took > limit {
		t.Errorf("all tests took %s, want at most %s", took, limit)
	}
	opts.Cover = true
	covered, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if covered.Units() != r.Units() {
		t.Errorf("%d units, and %d in another run", r.Units(), covered.Units())
	}
	for _, c := range covered.Coverage {
		if len(c.Missed) > 0 || c.Given() < len(c.Answers) {
			t.Errorf("%s: no test reaches lines %v; %d of %d answers are given", c.File, c.Missed, c.Given(), len(c.Answers))
		}
	}
}

// processorTime is what the process has used: other than the time of day, it does
// not depend on what else the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
