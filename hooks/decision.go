package hooks

import "time"

// Verdict is the word of an answer or of a decision.
type Verdict string

// The verdicts. VerdictNone is a hook without an opinion and VerdictError a
// hook that failed; a [Decision] has neither.
const (
	VerdictNone   Verdict = ""
	VerdictAllow  Verdict = "allow"
	VerdictDeny   Verdict = "deny"
	VerdictDefer  Verdict = "defer"
	VerdictModify Verdict = "modify"
	VerdictAction Verdict = "action"
	VerdictError  Verdict = "error"
)

// Answer is what one hook said about one event.
type Answer struct {
	Script  string         `json:"script"`            // file name
	Line    int            `json:"line"`              // where the hook was registered, from 1
	Verdict Verdict        `json:"verdict"`           //
	Reason  string         `json:"reason,omitempty"`  // for people; the error's text for VerdictError
	Delay   time.Duration  `json:"delay,omitempty"`   // VerdictDefer: ask again after this long
	Patch   map[string]any `json:"patch,omitempty"`   // VerdictModify: field -> new value
	Actions []Action       `json:"actions,omitempty"` // what it wants done: of VerdictAction, and commands beside any answer
	Sent    []Message      `json:"sent,omitempty"`    // what it published; in audit mode, what it would have
	Audit   bool           `json:"audit,omitempty"`   // the script is in audit mode: the answer counts for nothing
	Aside   bool           `json:"aside,omitempty"`   // the script is set aside and was not asked: this stands in for its answer
	Units   int            `json:"units,omitempty"`   // work done by the hook
	Took    time.Duration  `json:"took"`              // time spent in the hook
}

// Message is one that a script published.
type Message struct {
	Topic   string `json:"topic"`
	Payload string `json:"payload"` // its first 256 bytes
}

// Action is something that a hook wants done. It becomes a request on the same
// road as any command.
type Action struct {
	Op     Op                `json:"op"`
	Target string            `json:"target,omitempty"` // container name; empty: the event's container. [OpCommand]: the command's name
	After  time.Duration     `json:"after,omitempty"`  // wait this long first
	Args   map[string]string `json:"args,omitempty"`   // update: image; prune: older_than, a duration; command: its arguments
	Reason string            `json:"reason,omitempty"`
}

// ActionAlarm is the [Action.Op] that raises an alarm instead of making a
// request. Its Args are type, severity (critical, major, minor or warning) and
// text.
const ActionAlarm Op = "alarm"

// SeverityCleared takes an alarm back; it needs no text.
const SeverityCleared = "cleared"

// Decision is what all answers to one event mean together.
type Decision struct {
	Verdict Verdict        `json:"verdict"` // allow, deny or defer
	Reason  string         `json:"reason,omitempty"`
	Delay   time.Duration  `json:"delay,omitempty"` // defer: ask again after this long
	Patch   map[string]any `json:"patch,omitempty"` // allow: changes to what was asked
	Actions []Action       `json:"actions,omitempty"`
	Answers []Answer       `json:"answers,omitempty"`
	Reads   *Reads         `json:"reads,omitempty"`  // what the scripts looked at, for a replay
	Failed  bool           `json:"failed,omitempty"` // a hook failed and the default stands in for it

	// Override is the reason of an operator who lets through what scripts would not
	// have allowed; empty if nobody did.
	Override string `json:"override,omitempty"`
}
