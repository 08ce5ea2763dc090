// Package vm runs Lua 5.1 programs of strangers: it computes what Lua
// computes, and nothing that a program does can stop, stall or exhaust the
// process. It rests on the unmodified gopher-lua module, through its exported
// API alone, and knows nothing of what the programs are for.
//
// A program is compiled once ([Compile]) and run in as many machines ([New])
// as one likes, also at the same time. Machines share an [Env], which holds the
// libraries and can't be changed by a program. A machine is cheap: make one for
// each event, so that nothing of one event is there at the next.
//
// What is done about gopher-lua, and where:
//
//   - It computes ordinary code wrongly. A program is rewritten before it is
//     compiled (rewrite*.go), and pcall runs on a state of its own (try.go).
//   - Its library is Go's in places. All of it is written anew (lib_*.go,
//     pattern*.go, number.go).
//   - A context interrupts instructions only. Every library function is bounded
//     and charges its work to the budget that counts instructions (budget.go).
//   - Its parser and compiler have no limits. Tokens are looked at first (scan.go).
//
// What still differs from Lua 5.1, [Diagnose] tells.
package vm
