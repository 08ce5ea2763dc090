// Package mqtt tells what waits in an outbox to an MQTT broker in the words of
// thin-edge.io, and hands in the commands that arrive there. It is the only
// package that imports the MQTT library, and of that only the packets: sending
// without waiting for each acknowledgement, confirming each record when all its
// messages have been acknowledged, and ending every goroutine with the
// connection is less work on the bare connection than around a client.
//
// A connection lives as long as a session: one goroutine takes from the outbox
// and writes, a second reads. When the session ends, however it ends, the outbox
// is told to say everything unconfirmed again.
package mqtt
