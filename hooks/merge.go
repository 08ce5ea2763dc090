package hooks

import (
	"cmp"
	"fmt"
)

// Merge makes one decision of all answers to ev: deny outweighs the longest
// defer, which outweighs allow, which outweighs no opinion. Without any opinion
// the verdict is fallback. A failed hook never stands for a yes where that could
// harm what runs: see [HoldsOnFailure]; a hold becomes a denial after
// [HoldAttempts]. Elsewhere it stands for a yes, whatever the fallback: it may
// have been the hook that would have allowed it. Answers of scripts in audit mode
// are kept and count for nothing, failures too.
func Merge(ev Event, answers []Answer, fallback Verdict) Decision {
	d := Decision{Answers: answers}
	for _, a := range answers {
		if !a.Audit {
			d.weigh(ev, a)
		}
	}
	if d.Verdict == VerdictNone {
		d.Verdict = fallback
		if fallback == VerdictDeny {
			d.Reason = "no script allows it and policy.default is deny"
		}
	}
	if d.Verdict != VerdictAllow {
		d.Patch = nil
	}
	return d
}

func (d *Decision) weigh(ev Event, a Answer) {
	switch a.Verdict {
	case VerdictError:
		d.Failed = true
		d.fail(ev, a)
	case VerdictDeny:
		d.raise(VerdictDeny, a)
	case VerdictDefer:
		d.raise(VerdictDefer, a)
	case VerdictAllow:
		d.allow(a.Reason)
	case VerdictModify:
		d.allow(a.Reason)
		d.Patch = Overlaid(d.Patch, a.Patch)
	case VerdictNone, VerdictAction:
	}
	d.Actions = append(d.Actions, a.Actions...)
}

// fail puts the default in the place of an answer that never came.
func (d *Decision) fail(ev Event, a Answer) {
	a.Reason = fmt.Sprintf("%s:%d failed: %s", a.Script, a.Line, a.Reason)
	if ev.Phase != Before {
		d.Reason = cmp.Or(d.Reason, a.Reason)
		return
	}
	if !HoldsOnFailure(Op(ev.Op), ev.Trigger == TriggerPolicy) {
		d.allow(a.Reason)
		return
	}
	a.Delay = HoldDelay
	if ev.Holds < HoldAttempts {
		d.raise(VerdictDefer, a)
		return
	}
	a.Delay = 0
	d.raise(VerdictDeny, a)
}

// raise takes over a stronger no: the first denial, or the longest defer.
func (d *Decision) raise(v Verdict, a Answer) {
	if d.Verdict == VerdictDeny {
		return
	}
	if v == VerdictDefer && d.Verdict == VerdictDefer && a.Delay <= d.Delay {
		return
	}
	d.Verdict, d.Reason, d.Delay = v, a.Reason, a.Delay
}

// allow notes the first reason for a yes, which an earlier no outweighs.
func (d *Decision) allow(reason string) {
	if d.Verdict == VerdictDeny || d.Verdict == VerdictDefer {
		return
	}
	d.Verdict = VerdictAllow
	if d.Reason == "" {
		d.Reason = reason
	}
}
