package hostile

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// bad programs cost what Run must notice, and a good one does not.
func bad() map[string]string {
	return map[string]string{"slow": "took ", "greedy": "grew by ", "faulty": "a fault of the machine", "good": ""}
}

func try(t *testing.T, name string) error {
	t.Helper()
	switch name {
	case "slow":
		for until := processor(t) + 2*(Deadline+Grace); processor(t) < until; {
		}
	case "greedy":
		page := bytes.Repeat([]byte("x"), 5*Memory/4<<10)
		return errors.New(string(page[:1]))
	case "faulty":
		return errors.New("internal error")
	}
	return nil
}

// TestMeasure is what shows that a test with Run can fail.
func TestMeasure(t *testing.T) {
	if name, ok := os.LookupEnv(program); ok {
		alone(t, func() error { return try(t, name) })
		return
	}
	for name, want := range bad() {
		if got := Measure(t, Deadline, t.Name(), name).Excess(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: excess %q, want %q", name, got, want)
		}
	}
}

// TestBusy sees to it that waiting for a processor is not held against a program,
// and that using one is.
func TestBusy(t *testing.T) {
	if got := (Cost{Deadline: Deadline, Wall: time.Second, Processor: Deadline}).Excess(); got != "" {
		t.Errorf("waiting counts: %s", got)
	}
	if got := (Cost{Deadline: Deadline, Wall: time.Second, Processor: time.Second}).Excess(); got == "" {
		t.Error("using a processor doesn't count")
	}
}
