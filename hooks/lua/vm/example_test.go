package vm_test

import (
	"context"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// A host hands functions to programs, compiles a program once, and runs it in
// fresh machines.
func Example() {
	env := vm.NewEnv(map[string]lua.LValue{
		"say": vm.Function(func(l *lua.LState) int {
			fmt.Println(vm.StringArg(l, 1))
			return 0
		}),
	})
	greet, err := vm.Compile("greet", `count = (count or 0) + 1 say("hello, " .. count)`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		m := vm.New(vm.Limits{}, env)
		if err := m.Run(context.Background(), greet); err != nil {
			fmt.Println(err)
		}
		m.Close()
	}
	// Output:
	// hello, 1
	// hello, 1
}

// A program can't keep a machine busy, nor hide that it tried.
func ExampleVM_Run() {
	program, err := vm.Compile("loop", "while true do\n\tpcall(function() while true do end end)\nend")
	if err != nil {
		fmt.Println(err)
		return
	}
	m := vm.New(vm.Limits{Units: 10_000}, vm.NewEnv(nil))
	defer m.Close()
	err = m.Run(context.Background(), program)
	var used *vm.Exhausted
	fmt.Println(err, errors.As(err, &used))
	// Output: loop:2: did more than 10000 units of work true
}

func ExampleDiagnose() {
	for _, w := range vm.Diagnose("check", "local t = setmetatable({}, { __gc = f })\nprint(t)") {
		fmt.Printf("%d:%d: %s\n", w.Line, w.Column, w.Message)
	}
	// Output:
	// 1:30: __gc has no effect here
	// 2:1: print is not there
}
