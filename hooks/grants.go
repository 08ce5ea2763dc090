package hooks

// Grants are what the operator lets a script do. A script must also ask for what
// it does, with edged.needs.
type Grants struct {
	Topics  []string `json:"topics,omitempty"`  // MQTT topic filters to publish on, such as alerts/#
	Paths   []string `json:"paths,omitempty"`   // files to read: /run/app/lock, /run/app/*.json, /run/app/** for all below
	Actions []string `json:"actions,omitempty"` // names of commands that edged.yaml declares
}

// Mode says what the answers of a script count for.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce" // they count
	Audit   Mode = "audit"   // they are recorded only: nothing is refused, changed, sent or begun for them
)

// EveryScript is the name under which [Grants] and [Mode] are given for scripts
// that have none of their own.
const EveryScript = "*"
