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
// The steps address containers by id, and each step and each undo is
// idempotent: doing it again, or undoing what was never done, changes nothing.
package update
