package luatest

import (
	"fmt"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/vm"
)

// played is a decision in the hands of a test.
type played struct {
	event    hooks.Event
	decision hooks.Decision
}

// decisionArg returns the decision that argument n is.
func decisionArg(l *glua.LState, n int) played {
	t := vm.TableArg(l, n)
	if u, ok := t.RawGetString(playedKey).(*glua.LUserData); ok {
		if p, ok := u.Value.(played); ok {
			return p
		}
	}
	vm.BadArg(l, n, "a decision expected, as emit gives it")
	return played{}
}

const playedKey = "\x00decision"

// push gives a decision to the test, as a table to look into.
func (p played) push(l *glua.LState) int {
	t := p.table()
	l.Push(t)
	return 1
}

func (p played) table() *glua.LTable {
	d := p.decision
	fields := map[string]any{"verdict": string(d.Verdict), "failed": d.Failed}
	if d.Reason != "" {
		fields["reason"] = d.Reason
	}
	if d.Verdict == hooks.VerdictDefer {
		fields["delay"] = d.Delay.Seconds()
	}
	if d.Patch != nil {
		fields["patch"] = d.Patch
	}
	actions, answers := []any{}, []any{}
	for _, a := range d.Actions {
		actions = append(actions, actionFields(a))
	}
	for _, a := range d.Answers {
		answers = append(answers, map[string]any{
			"script": a.Script, "line": a.Line, "verdict": string(a.Verdict), "reason": a.Reason, "units": a.Units,
		})
	}
	fields["actions"], fields["answers"] = actions, answers
	t := value(fields).(*glua.LTable) //nolint:forcetypeassert // of a map comes a table
	t.RawSetString(playedKey, &glua.LUserData{Value: p, Metatable: glua.LNil})
	return t
}

func actionFields(a hooks.Action) map[string]any {
	fields := map[string]any{"op": string(a.Op), "after": a.After.Seconds()}
	for k, v := range a.Args {
		fields[k] = v
	}
	if a.Target != "" {
		fields["container"] = a.Target
	}
	if a.Reason != "" {
		fields["reason"] = a.Reason
	}
	return fields
}

// String is the decision for a person who wonders about it.
func (p played) String() string {
	var b strings.Builder
	d := p.decision
	fmt.Fprintf(&b, "%s %s", p.event.Phase, p.event.Op)
	if p.event.Image != nil && p.event.Phase == hooks.Before {
		fmt.Fprintf(&b, " of %s", p.event.Image.Ref)
	}
	fmt.Fprintf(&b, ": %s", said(string(d.Verdict), d.Reason, d.Delay, d.Patch))
	for _, a := range d.Answers {
		word := string(a.Verdict)
		if a.Verdict == hooks.VerdictNone {
			word = "no opinion"
		}
		fmt.Fprintf(&b, "\n  %s:%d: %s", a.Script, a.Line, said(word, a.Reason, a.Delay, a.Patch))
		for _, action := range a.Actions {
			fmt.Fprintf(&b, "\n    %s", actionText(action))
		}
	}
	if len(d.Answers) == 0 {
		b.WriteString("\n  no hook was called")
	}
	return b.String()
}

func said(verdict, reason string, delay time.Duration, patch map[string]any) string {
	text := verdict
	if delay > 0 {
		text += " " + delay.String()
	}
	if reason != "" {
		text += fmt.Sprintf(" (%s)", reason)
	}
	if len(patch) > 0 {
		text += fmt.Sprintf(" %v", patch)
	}
	return text
}

func actionText(a hooks.Action) string {
	text := string(a.Op)
	if a.Target != "" {
		text += " " + a.Target
	}
	if a.After > 0 {
		text += " after " + a.After.String()
	}
	if len(a.Args) > 0 {
		text += fmt.Sprintf(" %v", a.Args)
	}
	return text
}

// failed ends the test at the line of the expectation.
func (p played) failed(l *glua.LState, format string, args ...any) {
	vm.Fail(l, "%s\n%s", fmt.Sprintf(format, args...), p)
}

// verdict expects one, and a text in its reason.
func (p played) verdict(l *glua.LState, want hooks.Verdict, reason string) {
	if p.decision.Verdict != want {
		p.failed(l, "expected %s, got %s", want, p.decision.Verdict)
	}
	if !strings.Contains(p.decision.Reason, reason) {
		p.failed(l, "expected a reason with %q, got %q", reason, p.decision.Reason)
	}
}

func expectDeny(l *glua.LState) int {
	decisionArg(l, 1).verdict(l, hooks.VerdictDeny, vm.OptString(l, 2, ""))
	return 0
}

func expectAllow(l *glua.LState) int {
	p := decisionArg(l, 1)
	p.verdict(l, hooks.VerdictAllow, vm.OptString(l, 2, ""))
	if p.decision.Failed {
		p.failed(l, "expected allow, and it is: but because a hook failed")
	}
	return 0
}

func expectDefer(l *glua.LState) int {
	p := decisionArg(l, 1)
	reason := 2
	if vm.Arg(l, 2) != glua.LNil {
		if d, err := lua.Duration(vm.Arg(l, 2)); err == nil {
			reason = 3
			if p.decision.Verdict == hooks.VerdictDefer && p.decision.Delay != d {
				p.failed(l, "expected defer %s, got defer %s", d, p.decision.Delay)
			}
		}
	}
	p.verdict(l, hooks.VerdictDefer, vm.OptString(l, reason, ""))
	return 0
}

// expectNone expects that no hook had anything to say.
func expectNone(l *glua.LState) int {
	p := decisionArg(l, 1)
	for _, a := range p.decision.Answers {
		if a.Verdict != hooks.VerdictNone || len(a.Actions) > 0 {
			p.failed(l, "expected no opinion, got %s", a.Verdict)
		}
	}
	return 0
}

func expectError(l *glua.LState) int {
	p := decisionArg(l, 1)
	want := vm.OptString(l, 2, "")
	for _, a := range p.decision.Answers {
		if a.Verdict == hooks.VerdictError && strings.Contains(a.Reason, want) {
			return 0
		}
	}
	p.failed(l, "expected that a hook fails with %q", want)
	return 0
}

func expectModify(l *glua.LState) int {
	p := decisionArg(l, 1)
	p.verdict(l, hooks.VerdictAllow, "")
	want, _ := plain(l, vm.TableArg(l, 2), 0).(map[string]any)
	if len(p.decision.Patch) == 0 {
		p.failed(l, "expected changes, got none")
	}
	if missing := differs(want, p.decision.Patch, ""); missing != "" {
		p.failed(l, "expected the change %s", missing)
	}
	return 0
}

// expectAction expects an action of that name, with these fields among its own.
func expectAction(l *glua.LState) int {
	p := decisionArg(l, 1)
	op := vm.StringArg(l, 2)
	want := map[string]any{}
	if vm.Arg(l, 3) != glua.LNil {
		want, _ = plain(l, vm.TableArg(l, 3), 0).(map[string]any)
	}
	if after, ok := want["after"].(string); ok {
		d, err := lua.Duration(glua.LString(after))
		if err != nil {
			vm.BadArg(l, 3, "%v", err)
		}
		want["after"] = d.Seconds()
	}
	missing := ""
	for _, a := range p.decision.Actions {
		if string(a.Op) != op {
			continue
		}
		if missing = differs(want, actionFields(a), ""); missing == "" {
			return 0
		}
	}
	if missing != "" {
		p.failed(l, "expected %s with %s", op, missing)
	}
	p.failed(l, "expected the action %s, got %d others", op, len(p.decision.Actions))
	return 0
}

// differs returns the first field of want that is not so in got, in words.
func differs(want, got map[string]any, path string) string {
	for k, w := range want {
		g, there := got[k]
		inner, isTable := w.(map[string]any)
		table, ok := g.(map[string]any)
		switch {
		case isTable && ok:
			if text := differs(inner, table, path+k+"."); text != "" {
				return text
			}
		case !there:
			return fmt.Sprintf("%s%s = %v; there is none", path, k, w)
		case isTable || w != g:
			return fmt.Sprintf("%s%s = %v; it is %v", path, k, w, g)
		}
	}
	return ""
}

func expect(l *glua.LState) int {
	if glua.LVIsFalse(vm.AnyArg(l, 1)) {
		vm.Fail(l, "%s", vm.OptString(l, 2, "expected something else than "+vm.Arg(l, 1).String()))
	}
	return 0
}

func expectEqual(l *glua.LState) int {
	got, want := plain(l, vm.Arg(l, 1), 0), plain(l, vm.Arg(l, 2), 0)
	if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); g != w {
		vm.Fail(l, "expected %v, got %v", want, got)
	}
	return 0
}
