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
//	stop     stop the old container                 start it
//	retire   rename the old one to NAME.edged-prev  rename it back
//	promote  rename the new one to NAME             rename it back
//	start    start the new container                stop it
//	gate     wait until it is healthy               -
//	commit   remove the old container               -
//
// With the strategy handover, start and gate come before stop: the service is
// never away. It is refused where the two can't exist at once, such as with a
// published port.
//
// The steps address containers by id, and each step and each undo is
// idempotent: doing it again, or undoing what was never done, changes nothing.
package update
