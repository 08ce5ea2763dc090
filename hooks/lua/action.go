package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func actionEntries() []Entry {
	const fields = "([{ container, after, reason }]) -> action"
	return []Entry{
		{Name: "edged.restart", Signature: fields, fn: action(hooks.OpRestart), Doc: "Restart a container; without a name, the event's."},
		{Name: "edged.start", Signature: fields, fn: action(hooks.OpStart), Doc: "Start a container."},
		{Name: "edged.stop", Signature: fields, fn: action(hooks.OpStop), Doc: "Stop a container."},
		{
			Name: "edged.update", Signature: "([{ container, image, after, reason }]) -> action", fn: action(hooks.OpUpdate, "image"),
			Doc: "Replace a container by one of another image, or of what its tag means now.",
		},
		{
			Name: "edged.alarm", Signature: "({ type, text, [severity], [container] }) -> action", fn: alarm,
			Doc: "Raise an alarm. Severities: critical, major (without a word), minor, warning.",
		},
	}
}

// action returns the function that asks for op; its options may have the extra
// arguments.
func action(op hooks.Op, extra ...string) glua.LGFunction {
	return func(l *glua.LState) int {
		a := &hooks.Action{Op: op}
		if vm.Arg(l, 1) != glua.LNil {
			readAction(l, a, vm.TableArg(l, 1), extra)
		}
		return push(l, hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{*a}, Reason: a.Reason})
	}
}

func readAction(l *glua.LState, a *hooks.Action, t *glua.LTable, extra []string) {
	known := append([]string{"after", "reason", "container"}, extra...)
	eachField(l, t, func(key string, v glua.LValue) {
		checkName(l, key, known, "field")
		switch key {
		case "after":
			a.After = durationArg(l, 1, v)
		case "reason":
			a.Reason = textField(l, key, v)
		case "container":
			a.Target = textField(l, key, v)
		default:
			if a.Args == nil {
				a.Args = map[string]string{}
			}
			a.Args[key] = textField(l, key, v)
		}
	})
}

func alarm(l *glua.LState) int {
	a := &hooks.Action{Op: hooks.ActionAlarm}
	readAction(l, a, vm.TableArg(l, 1), []string{"type", "text", "severity"})
	if a.Args["type"] == "" || a.Args["text"] == "" {
		vm.BadArg(l, 1, "an alarm needs a type and a text")
	}
	if a.Args["severity"] == "" {
		a.Args["severity"] = "major"
	}
	checkName(l, a.Args["severity"], []string{"critical", "major", "minor", "warning"}, "severity")
	return push(l, hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{*a}, Reason: a.Args["text"]})
}
