package core

import (
	"math"
	"testing"
	"time"

	"edged/core/report"
)

func TestTelemetry(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		round := r.round(r.Context(), machine{cpus: 4, memory: 10 << 20})
		if len(round.Services) != 1 || round.Services["web"] != (report.Usage{CPU: 12.5, Memory: 10, NetIO: 120}) {
			t.Errorf("measured %+v", round.Services)
		}
		delete(r.eng.containers, "web") // it has just gone
		if round := r.round(r.Context(), machine{cpus: 4, memory: 1}); len(round.Services) != 0 {
			t.Errorf("measured %+v of nothing", round.Services)
		}
	})
}

func TestUsageOfSelf(t *testing.T) {
	var u usageOfSelf
	m := newMachine()
	first, ok := u.read(m)
	if !ok || first.Memory <= 0 || first.Memory >= 100 || first.CPU != 0 {
		t.Errorf("read %+v", first)
	}
	x := 1.0
	for begin := time.Now(); time.Since(begin) < 50*time.Millisecond; {
		x = math.Sqrt(x + 1)
	}
	if second, _ := u.read(m); second.CPU <= 0 || second.CPU > 150 {
		t.Errorf("read %+v after work, %f", second, x)
	}
}
