// Package lua runs policy scripts: it loads every *.lua file of the policy
// folders, asks the hooks that they registered about an [hooks.Event], and gives
// back what each of them answered.
//
// A [Set] is what one load gave; it never changes, so that a reload is the swap
// of a pointer. Each script runs in a fresh machine for each event and keeps
// nothing between events. Whatever a script does, [Set.Ask] returns: a script
// that fails, takes too long or answers nonsense gives an answer that says so.
//
// Loading compiles all files and runs their bodies once, which declare hooks,
// timers and needs; what they need must be granted. [Read] gives the files' texts,
// so that what was loaded can be kept and loaded again.
//
// What scripts look at comes through a source: the device, or the [hooks.Reads] of
// an earlier decision, which [Set.Replay] comes to again.
//
// [API], [Operations], [Occurrences] and [Classes] describe everything that scripts
// meet. Documents, editors' declarations and the linter's list are made of them.
package lua
