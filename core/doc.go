// Package core is the daemon: what it does in which order, the one loop that
// owns what is known of the containers, and the road that every request takes.
//
// The way of an event: the engine's stream reaches [edged/core/watch], which
// never blocks it; the loop here takes what changed, tells it at once
// ([edged/core/report]), and only then lets scripts see it, on a goroutine of
// their own. No script can therefore delay the report of a health change.
//
// The way of a request, whoever made it: validate; same id seen before, same
// answer; target busy, conflict naming what runs; ask the scripts; carry it out;
// tell what came of it. What a script wants done takes the same road.
package core
