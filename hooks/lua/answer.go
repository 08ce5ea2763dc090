package lua

import (
	"errors"
	"fmt"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func answerEntries() []Entry {
	reason := need("reason", "string", "for people")
	mayReason := may("reason", "string", "for people")
	return []Entry{
		{
			Name: "edged.allow", Params: params(mayReason), Returns: gives("edged.Answer", ""), fn: allow, Where: Hooks,
			Doc:     "Before: the operation may be done, unless another script denies or defers it.",
			Example: `return edged.allow("signed by us")`,
		},
		{
			Name: "edged.deny", Params: params(reason), Returns: gives("edged.Answer", ""), fn: deny, Where: Hooks,
			Doc:     "Before: the operation is not done. It outweighs every other answer.",
			Example: `return edged.deny("only our registry is trusted")`,
		},
		{
			Name: "edged.defer", Params: params(need("duration", "edged.Duration", "above zero"), mayReason), Returns: gives("edged.Answer", ""), fn: postpone, Where: Hooks,
			Doc:     "Before: not now; ask again after this long. The longest of several counts.",
			Example: `return edged.defer("30m", "outside the maintenance window")`,
		},
		{
			Name: "edged.modify", Params: params(need("patch", "edged.Patch", ""), mayReason), Returns: gives("edged.Answer", ""), fn: modify, Where: Hooks,
			Doc:     "Before: the operation may be done, with these changes.",
			Example: `return edged.modify({ mirror = "mirror.local:5000" })`,
		},
	}
}

// said is an answer on its way from a script. Scripts hold it as an opaque
// value, so that no mistake passes for an answer.
type said struct{ hooks.Answer }

func answerValue(a hooks.Answer) *glua.LUserData {
	return &glua.LUserData{Value: said{a}, Metatable: glua.LNil}
}

func push(l *glua.LState, a hooks.Answer) int {
	l.Push(answerValue(a))
	return 1
}

func allow(l *glua.LState) int {
	return push(l, hooks.Answer{Verdict: hooks.VerdictAllow, Reason: vm.OptString(l, 1, "")})
}

func deny(l *glua.LState) int {
	return push(l, hooks.Answer{Verdict: hooks.VerdictDeny, Reason: vm.StringArg(l, 1)})
}

func postpone(l *glua.LState) int {
	delay := durationArg(l, 1, vm.AnyArg(l, 1))
	if delay <= 0 {
		vm.BadArg(l, 1, "a defer needs a duration above zero")
	}
	return push(l, hooks.Answer{Verdict: hooks.VerdictDefer, Delay: delay, Reason: vm.OptString(l, 2, "")})
}

func modify(l *glua.LState) int {
	h := duringEvent(l, "edged.modify")
	patch := readPatch(l, hooks.Op(h.event.Op), vm.TableArg(l, 1))
	return push(l, hooks.Answer{Verdict: hooks.VerdictModify, Patch: patch, Reason: vm.OptString(l, 2, "")})
}

// answerOf returns the answer in a value that a hook returned.
func answerOf(v glua.LValue) (said, error) {
	if u, ok := v.(*glua.LUserData); ok {
		if s, ok := u.Value.(said); ok {
			return s, nil
		}
	}
	return said{}, fmt.Errorf("hook returns a %s; did you mean %s?", v.Type(), meant(v))
}

// meant guesses what a value that is no answer was to say.
func meant(v glua.LValue) string {
	switch v := v.(type) {
	case glua.LBool:
		if v {
			return "edged.allow()"
		}
	case glua.LString:
		switch v {
		case "allow":
			return "edged.allow()"
		case "defer":
			return "edged.defer(...)"
		}
	case *glua.LTable:
		return "edged.modify(...)"
	case *glua.LFunction:
		return "to call it"
	}
	return "edged.deny(...)"
}

// fits reports an answer that has no meaning in the phase of the event.
func (s said) fits(ev hooks.Event) error {
	action := s.Verdict == hooks.VerdictAction
	switch {
	case ev.Phase == hooks.Before && action:
		return errors.New("a before hook decides and can't act; return an action from edged.after or edged.on")
	case ev.Phase != hooks.Before && !action:
		return fmt.Errorf("edged.%s answers edged.before; it is too late for it in edged.%s", s.Verdict, ev.Phase)
	}
	return nil
}

// durationArg reads a duration: a number of seconds, or text such as 90s, 1h30m
// or 2d.
func durationArg(l *glua.LState, n int, v glua.LValue) time.Duration {
	d, err := duration(v)
	if err != nil {
		vm.BadArg(l, n, "%v", err)
	}
	return d
}
