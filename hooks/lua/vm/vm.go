package vm

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A VM is a machine for one program at a time. It must not be used from two
// goroutines at once.
type VM struct {
	// Host is for the functions of the host; see [Of].
	Host any
	// Cover, if set, is told each statement of a program of [CompileCover] before it
	// runs, as an index into [Chunk.Points].
	Cover func(c *Chunk, point int)

	env    *Env
	limits Limits
	budget *budget
	main   *lua.LState
	idle   []*lua.LState // states on which nothing runs
	depth  int           // calls on a state of their own, within each other
	random random

	current    *coroutine // that is running; nil for none
	coroutines map[*lua.LState]*coroutine
	begun      int // coroutines that are not dead
}

// New makes a machine. [VM.Close] gives back what it holds.
func New(limits Limits, env *Env) *VM {
	v := &VM{env: env, limits: limits.orDefault()}
	v.budget = newBudget(v, v.limits)
	v.main = env.newState(lua.Options{
		CallStackSize:       v.limits.Frames,
		RegistrySize:        256,
		RegistryMaxSize:     maxRegistry,
		RegistryGrowStep:    256,
		MinimizeStackMemory: true,
	})
	v.adopt(v.main)
	v.idle = append(v.idle, v.main)
	return v
}

// maxRegistry is how many values all calls on one state may have at hand.
const maxRegistry = 8192

// Close ends the machine and waits for its coroutines.
func (v *VM) Close() {
	for _, c := range v.coroutines {
		c.kill()
	}
	v.main.Close()
}

// Units returns how much work the last [VM.Run] or [VM.Call] did.
func (v *VM) Units() int { return v.budget.units }

// SetTime changes the time limit for what is called next.
func (v *VM) SetTime(d time.Duration) { v.budget.limits.Time = d }

// Run runs the body of a program. The error is an [*Error].
func (v *VM) Run(ctx context.Context, c *Chunk) error {
	_, err := v.Call(ctx, v.main.NewFunctionFromProto(c.proto), v.env.arguments(c)...)
	return err
}

// Call calls a function of the program. The error is an [*Error].
func (v *VM) Call(ctx context.Context, fn lua.LValue, args ...lua.LValue) ([]lua.LValue, error) {
	if err := ctx.Err(); err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	v.budget.reset(ctx)
	results, failure := v.try(fn, args)
	if failure == nil && v.budget.err == nil {
		return results, nil
	}
	e := &Error{Message: "stopped"}
	if failure != nil {
		e = place(failure.text())
	}
	e.Cause = v.budget.err
	return nil, e
}
