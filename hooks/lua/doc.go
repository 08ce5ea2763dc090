// Package lua runs policy scripts: it loads every *.lua file of the policy
// folders, asks the hooks that they registered about an [hooks.Event], and gives
// back what each of them answered.
//
// A [Set] is what one load gave; it never changes, so that a reload is the swap
// of a pointer. Each script runs in a fresh machine for each event and keeps
// nothing between events. Whatever a script does, [Set.Ask] returns: a script
// that fails, takes too long or answers nonsense gives an answer that says so.
package lua
