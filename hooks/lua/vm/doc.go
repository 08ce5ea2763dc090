// Package vm runs Lua 5.1 programs of strangers: it computes what Lua
// computes, and nothing that a program does can stop, stall or exhaust the
// process. It rests on the unmodified gopher-lua module, through its exported
// API alone, and knows nothing of what the programs are for.
//
// A program is compiled once ([Compile]) and run in as many machines ([New])
// as one likes, also at the same time. Machines share an [Env], which holds the
// libraries and can't be changed by a program.
package vm
