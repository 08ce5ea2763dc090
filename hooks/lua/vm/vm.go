package vm

import (
	"context"
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A VM is a machine for one program at a time. It must not be used from two
// goroutines at once.
type VM struct {
	// Host is for the functions of the host; see [Of].
	Host any

	limits Limits
	budget *budget
	main   *lua.LState
	idle   []*lua.LState // states without a running call
	depth  int           // protected calls within protected calls
}

// New makes a machine. [VM.Close] gives back what it holds.
func New(limits Limits, env *Env) *VM {
	v := &VM{limits: limits.orDefault()}
	v.budget = newBudget(v, v.limits)
	v.main = lua.NewState(lua.Options{
		SkipOpenLibs:        true,
		CallStackSize:       v.limits.Frames,
		RegistrySize:        256,
		RegistryMaxSize:     8192,
		RegistryGrowStep:    256,
		MinimizeStackMemory: true,
	})
	v.adopt(v.main)
	v.idle = append(v.idle, v.main)
	env.open(v.main)
	return v
}

// Close ends the machine.
func (v *VM) Close() { v.main.Close() }

// Units returns how much work the last [VM.Run] or [VM.Call] did.
func (v *VM) Units() int { return v.budget.units }

// SetTime changes the time limit for what is called next.
func (v *VM) SetTime(d time.Duration) { v.budget.limits.Time = d }

// Run runs the body of a program.
func (v *VM) Run(ctx context.Context, c *Chunk) error {
	_, err := v.Call(ctx, v.main.NewFunctionFromProto(c.proto))
	return err
}

// Call calls a function of the program. The error is an [*Error].
func (v *VM) Call(ctx context.Context, fn lua.LValue, args ...lua.LValue) ([]lua.LValue, error) {
	v.budget.reset(ctx)
	if err := ctx.Err(); err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	results, failure := v.try(fn, args)
	if err := v.budget.err; err != nil {
		e := &Error{Message: err.Error()}
		if failure != nil {
			e = place(failure.text())
		}
		e.Cause = err
		return nil, e
	}
	if failure != nil {
		return nil, place(failure.text())
	}
	return results, nil
}

// A raised is a Lua error on its way up.
type raised struct{ value lua.LValue }

func (r *raised) text() string {
	switch v := r.value.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	case nil:
		return "error without a value"
	default:
		return fmt.Sprintf("error with a %s as its value", v.Type())
	}
}

// adopt makes a state report to v: its instructions are counted and its errors
// travel as [raised].
func (v *VM) adopt(l *lua.LState) {
	l.SetContext(v.budget)
	l.Panic = func(l *lua.LState) { panic(&raised{l.Get(-1)}) }
}

// try calls fn on a state of its own, so that an error leaves the variables of
// the caller alone: gopher-lua detaches all open upvalues of a state when an
// error passes.
func (v *VM) try(fn lua.LValue, args []lua.LValue) (results []lua.LValue, failure *raised) {
	l := v.state()
	v.depth++
	defer func() {
		v.depth--
		if r := recover(); r != nil {
			results, failure = nil, caught(l, r)
			return
		}
		l.SetTop(0)
		v.idle = append(v.idle, l)
	}()
	l.Push(fn)
	for _, a := range args {
		l.Push(a)
	}
	l.Call(len(args), lua.MultRet)
	results = make([]lua.LValue, l.GetTop())
	for i := range results {
		results[i] = l.Get(i + 1)
	}
	return results, nil
}

// state returns a state on which nothing runs.
func (v *VM) state() *lua.LState {
	if n := len(v.idle); n > 0 {
		l := v.idle[n-1]
		v.idle = v.idle[:n-1]
		return l
	}
	v.main.RemoveContext() // else NewThread derives a context that doesn't count
	l, _ := v.main.NewThread()
	v.main.SetContext(v.budget)
	v.adopt(l)
	return l
}

// caught turns what was recovered into a Lua error. A panic that is none, such
// as an overflow of the call stack, becomes one on the state where it happened,
// since that closes the upvalues of its frames.
func caught(l *lua.LState, r any) (failure *raised) {
	if r, ok := r.(*raised); ok {
		return r
	}
	defer func() {
		if again, ok := recover().(*raised); ok {
			failure = again
		}
	}()
	failure = &raised{lua.LString(fmt.Sprint(r))}
	l.RaiseError("%v", describe(r))
	return failure
}

// describe words a panic for the author of a program.
func describe(r any) string {
	if s, ok := r.(string); ok && s == "lua callstack overflow" {
		return "stack overflow"
	}
	if err, ok := r.(error); ok && !errors.Is(err, context.Canceled) {
		return "internal error: " + err.Error()
	}
	return fmt.Sprint(r)
}
