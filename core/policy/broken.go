package policy

import (
	"context"
	"errors"

	"edged/hooks"
)

var errNotLoaded = errors.New("the policy scripts are not loaded yet")

// Broken stands in for scripts that could not be loaded. Every operation is
// decided as if its hook had failed: what would change the device is held, what
// keeps it alive is allowed. A device with a broken script is neither unguarded
// nor dark.
type Broken struct {
	Err error // what is wrong, with file and line
}

// Ask answers with the error.
func (b Broken) Ask(context.Context, hooks.Event) ([]hooks.Answer, *hooks.Reads) {
	return []hooks.Answer{{Script: "policy", Verdict: hooks.VerdictError, Reason: b.Err.Error()}}, nil
}

// Wants reports true for every decision, and for nothing that only happened.
func (b Broken) Wants(phase hooks.Phase, _ string) bool { return phase == hooks.Before }

// Revision differs from that of any scripts.
func (b Broken) Revision() string { return "broken" }

// Scripts returns none.
func (b Broken) Scripts() []hooks.Script { return nil }

// Sums returns none.
func (b Broken) Sums() map[string]string { return nil }

// Topics returns none.
func (b Broken) Topics() []string { return nil }
