package vm

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// TestCloseEndsCoroutines leaves coroutines suspended in all kinds of places,
// and counts what is left when the machine is closed.
func TestCloseEndsCoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	v := New(unhurried, NewEnv(nil))
	err := v.Run(context.Background(), compiled(t, `
		local function leave(f) coroutine.wrap(f)() end
		leave(function() coroutine.yield() end)
		leave(function() pcall(coroutine.yield) end)
		leave(function() pcall(pcall, function() coroutine.yield() end) end)
		leave(function() table.sort({ 3, 2, 1 }, function() coroutine.yield() end) end)
		leave(function() ("x"):gsub("x", function() coroutine.yield() end) end)
		leave(function() leave(function() coroutine.yield() end) coroutine.yield() end)
		coroutine.create(function() end)
	`))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.NumGoroutine() < before+7 {
		t.Error("the coroutines are not there")
	}
	v.Close()
	end := time.After(10 * time.Second)
	for runtime.NumGoroutine() > before { // the last send of a goroutine comes before its end
		select {
		case <-end:
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		default:
			runtime.Gosched()
		}
	}
}

func TestCoroutines(t *testing.T) {
	r := newRunner(t)
	for source, want := range map[string]string{
		`local c = coroutine.create(function(a, b) local d = coroutine.yield(a + b) error("e" .. d, 0) end)
		 out(coroutine.resume(c, 1, 2)) out(coroutine.status(c)) out(coroutine.resume(c, 3)) out(coroutine.status(c)) out(coroutine.resume(c))`: "boolean true\tnumber 3\nstring suspended\nboolean false\tstring e3\nstring dead\nboolean false\tstring cannot resume dead coroutine",
		`out(coroutine.running()) out(pcall(coroutine.yield))`: "nil nil\nboolean false\tstring attempt to yield from outside a coroutine",
		`local c c = coroutine.create(function() out(coroutine.status(c), coroutine.running() == c) out(coroutine.resume(c)) end) out(coroutine.resume(c))`: "string running\tboolean true\nboolean false\tstring cannot resume non-suspended coroutine\nboolean true",
		`local n = 0 local c = coroutine.wrap(function() pcall(function() n = n + 1 coroutine.yield() n = n + 1 error() end) return n end) c() out(c())`:    "number 2",
	} {
		if got := r.run(t, source); got != want+"\nok\nnumber 0\tnumber 0\n" {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", source, got, want)
		}
	}
}
