package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/vm"
)

// script is a small policy as people write them.
const script = `edged.before("pull", function(ev)
	if ev.image.registry == "evil.example.com" then
		return edged.deny("only our registry is trusted")
	end
end)
`

// loaded returns so many scripts, all hooked to the event.
func loaded(scripts int) (*lua.Set, error) {
	dir, err := os.MkdirTemp("", "edged-policy-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for i := range scripts {
		name := filepath.Join(dir, fmt.Sprintf("%02d-check.lua", i))
		if err := os.WriteFile(name, []byte(script), 0o644); err != nil {
			return nil, err
		}
	}
	return lua.Load(lua.Options{Dirs: []string{dir}, Deadline: time.Minute})
}

// event has twenty fields that are set.
func event() (hooks.Event, error) {
	img, err := hooks.ParseImage("registry.example.com/team/app:1.2.3")
	return hooks.Event{
		ID: "bench", Phase: hooks.Before, Op: string(hooks.OpPull), Time: time.Unix(1_700_000_000, 0),
		Trigger: hooks.TriggerCommand, Actor: "cli", Image: &img,
		Container: &hooks.Container{
			Name: "app", ID: "1234", State: "running", Health: "healthy", Image: img.Ref,
			Started: time.Unix(1_600_000_000, 0), Labels: map[string]string{"a": "b"},
		},
	}, err
}

func askOnly(ctx context.Context, events, scripts int) error {
	set, err := loaded(scripts)
	if err != nil {
		return err
	}
	ev, err := event()
	if err != nil {
		return err
	}
	for range events {
		answers, _ := set.Ask(ctx, ev)
		if len(answers) != scripts || answers[0].Verdict != hooks.VerdictNone {
			return fmt.Errorf("not every script was asked: %v", answers)
		}
	}
	return nil
}

// timeEvents measures events through one script and through twenty: how long
// they took, at best, and what they took of a processor. On a busy machine only
// the second means much.
func timeEvents(ctx context.Context) error {
	ev, err := event()
	if err != nil {
		return err
	}
	for _, scripts := range []int{1, 20} {
		rounds := 20_000 / scripts
		set, err := loaded(scripts)
		if err != nil {
			return err
		}
		best, used := time.Hour, processorTime()
		for range rounds {
			began := time.Now()
			set.Ask(ctx, ev)
			best = min(best, time.Since(began))
		}
		used = processorTime() - used
		row(fmt.Sprintf("event through %d scripts, fresh machine each: at best", scripts), micro(best), "µs")
		row(fmt.Sprintf("event through %d scripts: of a processor, with its garbage", scripts), micro(used)/float64(rounds), "µs")
	}
	return nil
}

// timeLoop measures what counting instructions costs: the same loop with a
// context that counts and without any.
func timeLoop(ctx context.Context) error {
	const loop = `local n = 0 for i = 1, 1e6 do n = n + i % 7 end return n`
	chunk, err := vm.Compile("loop", loop)
	if err != nil {
		return err
	}
	counted, plain := time.Hour, time.Hour
	for range 15 {
		m := vm.New(vm.Limits{Units: 1 << 30, Time: time.Minute}, vm.NewEnv(nil))
		used := processorTime()
		err := m.Run(ctx, chunk)
		counted = min(counted, processorTime()-used)
		m.Close()
		if err != nil {
			return err
		}
		l := glua.NewState()
		used = processorTime()
		err = l.DoString(loop)
		plain = min(plain, processorTime()-used)
		l.Close()
		if err != nil {
			return err
		}
	}
	row("loop of a million: counting costs, at best against at best", 100*(float64(counted)/float64(plain)-1), "%")
	return nil
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no cause to
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func row(what string, n float64, unit string) { fmt.Printf("%-64s %12.1f %s\n", what, n, unit) }
