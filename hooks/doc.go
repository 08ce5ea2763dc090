// Package hooks is the contract between edged and policy scripts: what a
// script sees ([Event]), what one hook answers ([Answer]) and what all
// answers together mean ([Decision]).
//
// The package knows neither engines nor the script language. Everything in it
// is plain data that survives a round trip through JSON, so that an event can
// be recorded, replayed and tested without a device.
//
// # How the daemon uses it
//
// A set of scripts is loaded once (edged/hooks/lua.Load: read, compile, check
// grants, run the bodies, which only declare) and never changes; a reload loads
// another and swaps a pointer, so that an event under way ends with the set that
// it began with. [Problems] say why a set can't be loaded. What was read is
// [Source]s, from which the same set can be loaded again.
//
// For each [Event] the set is asked: it gives [Answer]s and the [Reads] that they
// rest on; [Merge] makes a [Decision] of the answers. The daemon then carries out
// the decision and its actions, and keeps a [Record], with which the set, or one
// loaded of the same files elsewhere, comes to the same decision.
//
// What scripts remember is in a [KV], opened for one event and script at a time
// and written only when the hooks ended well. What else they look at are [Sources].
// What they may reach is in [Grants]; a script in mode [Audit] only has its answers
// recorded.
//
// [Timer]s are events of phase on named timer: the daemon computes [Timer.Next],
// asks about [Timer.Event] when the time has come, and treats the answers as those
// to a notice. Notices of MQTT are named mqtt:<topic>, and the set says which topic
// filters its scripts listen to.
package hooks
