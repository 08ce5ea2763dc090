package hooks

import (
	"fmt"
	"strings"
)

// Overridden is what becomes of a decision when somebody lets the operation
// through, whatever scripts say.
func (d Decision) Overridden(actor, reason string) Decision {
	d.Override = reason
	d.Reason = fmt.Sprintf("overridden by %s: %s (it was: %s, %s)", actor, reason, d.Verdict, d.Reason)
	d.Verdict, d.Delay = VerdictAllow, 0
	return d
}

// OverriddenAs is what becomes of a decision that is come to again, if it was
// overridden then.
func (d Decision) OverriddenAs(then Decision) Decision {
	by, ok := strings.CutPrefix(then.Reason, "overridden by ")
	actor, _, found := strings.Cut(by, ": "+then.Override+" (it was: ")
	if then.Override == "" || !ok || !found || d.Verdict == VerdictAllow {
		return d
	}
	return d.Overridden(actor, then.Override)
}
