// Package update replaces a container by a new revision of itself, as a
// transaction that survives whatever happens: afterwards there is exactly one
// container of the name, the old one or the new one, it runs if it ran before,
// and nothing is left over.
//
// The engine is the journal. Every step leaves a state that the engine stores,
// in names and labels, so that recovery needs no file of ours:
//
//	step     does                                   undone by
//	create   create NAME.edged-next, labelled       remove it
//	retire   rename the old one to NAME.edged-prev  rename it back
//	stop     stop the old container                 start it
//	promote  rename the new one to NAME             rename it back
//	start    start the new container                stop it
//	gate     wait until it is healthy               -
//	commit   remove the old container               -
//
// The old container loses its name before it is asked to stop: a stop leaves no
// trace while it lasts, a name does, so that recovery need not interrupt a service
// to be sure of it.
//
// With the strategy handover, start and gate come before retire: the service is
// never away. It is refused where the two can't exist at once, such as with a
// published port.
//
// The container that edged itself runs in is updated by a deputy, since edged can't
// start what it has stopped. The deputy, NAME.edged-deputy, is a sibling of that
// container: the same image and mounts, another command, no network and no ports.
// It does the steps from retire on, in its own process, and is gone when they are done:
//
//	edged, old    create, make the deputy, start it, wait for it
//	deputy        retire, stop, promote, start, gate, commit, or the way back
//	edged, any    wait for the deputy, tell its result, remove it
//
// What the deputy prints is its report, kept by the engine: the steps and the result.
// While there is a deputy, edged leaves the update alone but for starting the deputy
// when it ended too early; so does the engine, unless somebody killed it by hand.
// Whichever edged runs in the end, the new one or the old one again, finds the deputy
// at its start and tells the result under the request's id. Handover is refused: two
// of edged can't share a socket and a client id. Once the deputy was started, the
// update can't be called off.
//
// The steps address containers by id, and each step and each undo is
// idempotent: doing it again, or undoing what was never done, changes nothing.
package update
