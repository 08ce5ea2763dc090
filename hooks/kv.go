package hooks

import (
	"context"
	"time"
)

// What one script may keep.
const (
	KVKeys  = 256      // keys
	KVValue = 4 << 10  // bytes of one value
	KVTotal = 64 << 10 // bytes of all keys and values together
	KVKey   = 128      // bytes of one key
)

// KV keeps what scripts remember between events.
type KV interface {
	// Begin opens what a script keeps, for one event. Until the transaction is
	// closed, nobody else has it: it waits for others until ctx ends. An error
	// fails the hook that wanted to read or write.
	Begin(ctx context.Context, script string) (KVTx, error)
}

// KVTx is one event's hold on what a script keeps.
type KVTx interface {
	// Entries are the values when the transaction began. Entries that have expired
	// may be among them. The map must not be changed by either side.
	Entries() map[string]KVEntry
	// Commit keeps the changes; nil deletes. It is called at most once, when the
	// hooks of the script that were asked ended well, with the changes of those
	// that did, and not in a dry run. The limits have been checked.
	Commit(changes map[string]*KVEntry) error
	// Close lets others have the script's values. It is always called.
	Close()
}

// KVEntry is one value.
type KVEntry struct {
	Value   string    `json:"value"`            // JSON
	Expires time.Time `json:"expires,omitzero"` // zero: never
}
