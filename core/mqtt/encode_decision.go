package mqtt

import (
	"fmt"
	"strings"
	"time"

	"edged/core/report"
	"edged/hooks"
)

// decisionText says a decision in a line: "before update of web: deny (only at night)".
func decisionText(d report.Decision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", d.Event.Phase, d.Event.Op)
	if c := d.Event.Container; c != nil {
		b.WriteString(" of " + c.Name)
	}
	fmt.Fprintf(&b, ": %s", d.Decision.Verdict)
	if d.Decision.Reason != "" {
		fmt.Fprintf(&b, " (%s)", d.Decision.Reason)
	}
	return b.String()
}

func decisionFields(d report.Decision) map[string]any {
	fields := map[string]any{
		"event":   d.Event.ID,
		"op":      d.Event.Op,
		"phase":   d.Event.Phase,
		"verdict": d.Decision.Verdict,
		"reason":  d.Decision.Reason,
		"failed":  d.Decision.Failed,
		"tookMs":  milliseconds(took(d.Decision.Answers)),
	}
	if c := d.Event.Container; c != nil {
		fields["container"] = c.Name
	}
	if i := d.Event.Image; i != nil {
		fields["image"] = i.Ref
	}
	if a := deciding(d.Decision); a != nil {
		fields["script"] = fmt.Sprintf("%s:%d", a.Script, a.Line)
	}
	if d.ID != "" {
		fields["id"] = d.ID
	}
	if d.Decision.Override != "" {
		fields["override"] = d.Decision.Override
	}
	if audited := auditedAnswers(d.Decision.Answers); len(audited) > 0 {
		fields["audit"] = audited
	}
	if d.Decision.Delay > 0 {
		fields["delayMs"] = milliseconds(d.Decision.Delay)
	}
	if len(d.Decision.Patch) > 0 {
		fields["patch"] = d.Decision.Patch
	}
	if len(d.Decision.Actions) > 0 {
		fields["actions"] = actions(d.Decision.Actions)
	}
	return fields
}

// audited is what a script in audit mode would have said.
type audited struct {
	Script  string        `json:"script"`
	Verdict hooks.Verdict `json:"verdict"`
	Reason  string        `json:"reason,omitempty"`
}

func auditedAnswers(answers []hooks.Answer) (out []audited) {
	for _, a := range answers {
		if a.Audit && a.Verdict != hooks.VerdictNone {
			out = append(out, audited{fmt.Sprintf("%s:%d", a.Script, a.Line), a.Verdict, a.Reason})
		}
	}
	return out
}

// deciding returns the answer that the decision goes back to: the one with its
// verdict, else the hook that failed, else the one that wants something done.
func deciding(d hooks.Decision) *hooks.Answer {
	for _, matches := range []func(hooks.Answer) bool{
		func(a hooks.Answer) bool { return decides(a, d) },
		func(a hooks.Answer) bool { return a.Verdict == hooks.VerdictError },
		func(a hooks.Answer) bool { return a.Verdict == hooks.VerdictAction },
	} {
		for i, a := range d.Answers {
			if matches(a) {
				return &d.Answers[i]
			}
		}
	}
	return nil
}

func decides(a hooks.Answer, d hooks.Decision) bool {
	switch d.Verdict {
	case hooks.VerdictAllow:
		return a.Verdict == hooks.VerdictAllow || a.Verdict == hooks.VerdictModify
	case hooks.VerdictDefer:
		return a.Verdict == hooks.VerdictDefer && a.Delay == d.Delay
	default:
		return a.Verdict == d.Verdict
	}
}

// action is a [hooks.Action] as MQTT has it.
type action struct {
	Op      hooks.Op          `json:"op"`
	Target  string            `json:"container,omitempty"`
	AfterMS float64           `json:"afterMs,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	Reason  string            `json:"reason,omitempty"`
}

func actions(wanted []hooks.Action) []action {
	all := make([]action, len(wanted))
	for i, a := range wanted {
		all[i] = action{a.Op, a.Target, milliseconds(a.After), a.Args, a.Reason}
	}
	return all
}

func took(answers []hooks.Answer) time.Duration {
	var sum time.Duration
	for _, a := range answers {
		sum += a.Took
	}
	return sum
}

// milliseconds keeps three places, as hooks take less than one.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
