package hooks

import "time"

// Reads is everything that the scripts asked about one event have read and that
// another time or device would give another value: with it, the same scripts give
// the same answers anywhere.
type Reads struct {
	Time       time.Time          `json:"time"`                 // what edged.time.now was
	Zones      map[string]int     `json:"zones,omitempty"`      // seconds east of UTC at Time, by name; "local" is the device's own
	Device     *Device            `json:"device,omitempty"`     // if one looked at it
	Containers []Container        `json:"containers,omitempty"` // if one looked at them
	KV         map[string]KVReads `json:"kv,omitempty"`         // by script
	Files      []FileRead         `json:"files,omitempty"`
	Globs      []GlobRead         `json:"globs,omitempty"`
	Refused    []Refusal          `json:"refused,omitempty"`
}

// KVReads is what one script has seen of its values.
type KVReads struct {
	Entries map[string]KVEntry `json:"entries,omitempty"` // that were read and there
	Keys    int                `json:"keys"`              // how many there were in all
	Bytes   int                `json:"bytes"`             // of all keys and values
	Error   string             `json:"error,omitempty"`   // why there were none to be had
}

// FileRead is one file that was read or looked for. Text is there for files of
// up to [FileText] bytes; a larger one is known by its hash alone.
type FileRead struct {
	Path   string  `json:"path"`
	Exists bool    `json:"exists"`
	Size   int64   `json:"size,omitempty"`   // bytes
	SHA256 string  `json:"sha256,omitempty"` // hexadecimal; empty when only its existence was asked for
	Text   *string `json:"text,omitempty"`
	Error  string  `json:"error,omitempty"` // why it could not be read
}

// FileText is how many bytes of a file are kept in a record.
const FileText = 4 << 10

// GlobRead is what a pattern has matched.
type GlobRead struct {
	Pattern string   `json:"pattern"`
	Paths   []string `json:"paths"`
}

// Refusal is a message that a script wanted to send and that was not taken, which
// the script may have noticed.
type Refusal struct {
	Script string `json:"script"`
	N      int    `json:"n"` // among the script's messages in the event, from 1
	Error  string `json:"error"`
}

// Record is a decision with all that is needed to come to it again.
type Record struct {
	Event    Event             `json:"event"`
	Decision Decision          `json:"decision"`
	Fallback Verdict           `json:"fallback"`          // policy.default
	Revision string            `json:"revision"`          // of the scripts
	Scripts  map[string]string `json:"scripts"`           // SHA-256 by file, libraries included
	Sources  []Source          `json:"sources,omitempty"` // of the scripts, for a machine that has not got them
}
