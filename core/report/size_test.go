package report

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

// The estimate must not be far below what the records really take, or the bound on bytes bounds nothing.
func TestSizeIsNearTheTruth(t *testing.T) {
	tests := []struct {
		name string
		make func(i int) Record
	}{
		{"event", func(i int) Record {
			return Event{Service: fmt.Sprint("service", i), Type: "container_died", Text: strings.Repeat("x", 100+i%7), Time: time.Now(),
				Fields: map[string]any{"exitCode": i, "image": fmt.Sprint("registry/", i)}}
		}},
		{"decision", func(i int) Record {
			return Decision{
				Event: hooks.Event{ID: fmt.Sprint(i), Container: &hooks.Container{Name: fmt.Sprint("c", i),
					Labels: map[string]string{"a": fmt.Sprint(i), "b": fmt.Sprint(i)}}},
				Decision: hooks.Decision{Verdict: hooks.VerdictDeny, Answers: []hooks.Answer{{Reason: fmt.Sprint("reason", i)}}},
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n = 2000
			records := make([]Record, n)
			before, estimate := heap(), 0
			for i := range records {
				records[i] = tt.make(i)
				estimate += size(records[i])
			}
			real := int(heap() - before)
			runtime.KeepAlive(records)
			if estimate < real/2 || estimate > real*2 {
				t.Errorf("estimated %d bytes a record, really %d", estimate/n, real/n)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
