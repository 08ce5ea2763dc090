// Package mqtt tells what waits in an outbox to an MQTT broker in the words of
// thin-edge.io, and hands in the commands that arrive there. It is the only
// package that imports the MQTT library.
//
// A connection lives as long as a session, and each has a client of the library
// of its own: which broker is tried when, and what is said again after a break,
// is decided here and by the outbox, not by the library. In a session one
// goroutine takes from the outbox and publishes without waiting for
// acknowledgements, and a second waits for them, in order, and confirms. When
// the session ends, however it ends, the outbox is told to say everything
// unconfirmed again.
package mqtt
