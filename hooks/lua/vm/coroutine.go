package vm

import (
	lua "github.com/yuin/gopher-lua"
)

// A coroutine runs on a goroutine of its own, which waits while it is
// suspended: gopher-lua itself loses its way when a program yields within a
// function that Go called. Only one goroutine of a machine runs at a time.
type coroutine struct {
	vm     *VM
	state  *lua.LState // what the program holds; nothing runs on it
	fn     lua.LValue
	status status
	base   int // tries around it
	depth  int // tries within it, while it is suspended
	in     chan []lua.LValue
	out    chan outcome
}

// status is a word that programs see.
type status string

const (
	suspended status = "suspended"
	running   status = "running"
	normal    status = "normal"
	dead      status = "dead"
)

// outcome is what a coroutine gives back when it yields or ends.
type outcome struct {
	values  []lua.LValue
	failure *raised
}

// killed unwinds a coroutine whose machine is closed.
type killed struct{}

// maxCoroutines is how many may be begun and not ended.
const maxCoroutines = 64

func (v *VM) newCoroutine(l *lua.LState, fn lua.LValue) *coroutine {
	Charge(l, 50)
	c := &coroutine{vm: v, state: &lua.LState{}, fn: fn, status: suspended}
	if v.coroutines == nil {
		v.coroutines = map[*lua.LState]*coroutine{}
	}
	v.coroutines[c.state] = c
	return c
}

// resume runs a coroutine until it yields or ends.
func (v *VM) resume(l *lua.LState, c *coroutine, args []lua.LValue) ([]lua.LValue, *raised) {
	Charge(l, 10)
	if c.status != suspended {
		what := string(c.status)
		if what != string(dead) {
			what = "non-suspended"
		}
		return nil, &raised{lua.LString("cannot resume " + what + " coroutine")}
	}
	if v.depth >= maxTries {
		return nil, &raised{lua.LString("stack overflow")}
	}
	outer, depth := v.current, v.depth
	if outer != nil {
		outer.status = normal
	}
	v.current, c.status = c, running
	c.base = v.depth
	v.depth += c.depth
	out := c.goOn(l, args)
	v.current, v.depth = outer, depth
	if outer != nil {
		outer.status = running
	}
	if err := v.budget.err; err != nil {
		Fail(l, "%v", err)
	}
	return out.values, out.failure
}

// goOn wakes the goroutine of c, or starts it, and waits.
func (c *coroutine) goOn(l *lua.LState, args []lua.LValue) outcome {
	if c.in != nil {
		c.in <- args
		return <-c.out
	}
	if c.vm.begun >= maxCoroutines {
		c.status = dead
		return outcome{failure: &raised{lua.LString(where(l, 1) + "too many coroutines")}}
	}
	c.vm.begun++
	c.in, c.out = make(chan []lua.LValue), make(chan outcome)
	go c.run(args)
	return <-c.out
}

// run is the goroutine of a coroutine. It ends when the function does, or when
// the machine is closed, which waits for it.
func (c *coroutine) run(args []lua.LValue) {
	var out outcome
	defer func() {
		recover() //nolint:errcheck // killed, the only thing that passes try
		c.status = dead
		c.vm.begun--
		c.out <- out
	}()
	out.values, out.failure = c.vm.try(c.fn, args)
	if out.failure != nil && out.failure.value == nil {
		out.failure.value = lua.LNil
	}
}

// yield gives values to who resumed c and waits to be resumed.
func (c *coroutine) yield(values []lua.LValue) []lua.LValue {
	c.status = suspended
	c.depth = c.vm.depth - c.base
	c.out <- outcome{values: values}
	args, alive := <-c.in
	if !alive {
		panic(killed{})
	}
	return args
}

// kill ends a coroutine that waits.
func (c *coroutine) kill() {
	if c.in == nil || c.status != suspended {
		return
	}
	close(c.in)
	<-c.out
}
