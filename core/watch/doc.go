// Package watch turns the engine's events into changes of containers.
//
// Three loops, so that none can hold up another: the engine's stream is
// received and folded into a table at once; listings, which take a round trip,
// are made beside it; whoever takes the changes finds, per container, only the
// newest state and how often it ended meanwhile. A slow taker therefore costs
// neither memory nor events.
//
// The order is subscribe, list, follow: whatever happens while the engine lists
// is already in the stream. After a gap (the engine restarted, the connection
// broke) everything is listed again and compared.
package watch
