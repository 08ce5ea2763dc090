package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func actionEntries() []Entry {
	options := may("options", "edged.ActionOptions", "")
	action := gives("edged.Action", "")
	return []Entry{
		{
			Name: "edged.restart", Params: params(options), Returns: action, fn: act(hooks.OpRestart, "container"), Where: Hooks,
			Doc: "Restart a container; without a name, the event's.", Example: `return edged.restart { after = "10s" }`,
		},
		{
			Name: "edged.start", Params: params(options), Returns: action, fn: act(hooks.OpStart, "container"), Where: Hooks,
			Doc: "Start a container.", Example: `return edged.start { container = "web" }`,
		},
		{
			Name: "edged.stop", Params: params(options), Returns: action, fn: act(hooks.OpStop, "container"), Where: Hooks,
			Doc: "Stop a container.", Example: `return edged.stop { reason = "it crashes again and again" }`,
		},
		{
			Name: "edged.update", Params: params(may("options", "edged.UpdateOptions", "")), Returns: action, fn: act(hooks.OpUpdate, "container", "image", "force"), Where: Hooks,
			Doc: "Replace a container by one of another image, or of what its tag means now; with force, by a new one even if nothing changed.", Example: `return edged.update { image = "web:2" }`,
		},
		{
			Name: "edged.rollback", Params: params(options), Returns: action, fn: act(hooks.OpRollback, "container"), Where: Hooks,
			Doc: "Replace a container by its revision before.", Example: `return edged.rollback { reason = "it stays unhealthy" }`,
		},
		{
			Name: "edged.prune", Params: params(may("options", "edged.PruneOptions", "")), Returns: action, fn: act(hooks.OpPrune, "older_than"), Where: Hooks,
			Doc: "Remove images that edged has fetched and that nothing needs.", Example: `return edged.prune { older_than = "7d" }`,
		},
		{
			Name: "edged.alarm", Params: params(need("alarm", "edged.Alarm", "")), Returns: action, fn: alarm, Where: Hooks,
			Doc: "Raise an alarm; with the severity cleared, take it back.", Example: `return edged.alarm { type = "sick", text = ev.container.name .. " stays unhealthy", severity = "critical" }`,
		},
		{
			Name: "edged.action", Params: params(need("name", "string", "as edged.yaml declares it"), may("args", "table<string, string>", "")), fn: command, Where: Hooks, Need: needAction + ":NAME",
			Doc:     "Have a command run that the operator has declared, in the background, if the hook ends well. Scripts are asked about it as op command. It can stand beside any answer.",
			Example: `edged.action("reset-modem", { port = "1" })`,
		},
	}
}

// act returns the function that asks for op; beside after and reason its options
// may have the given fields.
func act(op hooks.Op, fields ...string) glua.LGFunction {
	return func(l *glua.LState) int {
		a := hooks.Action{Op: op}
		if vm.Arg(l, 1) != glua.LNil {
			readAction(l, &a, vm.TableArg(l, 1), fields)
		}
		return pushAction(l, a, a.Reason)
	}
}

func pushAction(l *glua.LState, a hooks.Action, reason string) int {
	return push(l, hooks.Answer{Verdict: hooks.VerdictAction, Actions: []hooks.Action{a}, Reason: reason})
}

func readAction(l *glua.LState, a *hooks.Action, t *glua.LTable, fields []string) {
	known := append([]string{"after", "reason"}, fields...)
	eachField(l, t, func(key string, v glua.LValue) {
		checkName(l, key, known, "field")
		switch key {
		case "after":
			a.After = durationArg(l, 1, v)
		case "reason":
			a.Reason = clip(textField(l, key, v), maxReason)
		case "container":
			a.Target = textField(l, key, v)
		case "force":
			setArg(a, key, boolField(l, key, v))
		case "older_than":
			setArg(a, key, durationArg(l, 1, v).String())
		default:
			setArg(a, key, clip(textField(l, key, v), maxReason))
		}
	})
}

func setArg(a *hooks.Action, key, value string) {
	if a.Args == nil {
		a.Args = map[string]string{}
	}
	a.Args[key] = value
}

func alarm(l *glua.LState) int {
	a := hooks.Action{Op: hooks.ActionAlarm}
	readAction(l, &a, vm.TableArg(l, 1), []string{"container", "type", "text", "severity"})
	cleared := a.Args["severity"] == hooks.SeverityCleared
	if a.Args["type"] == "" || a.Args["text"] == "" && !cleared {
		vm.BadArg(l, 1, "an alarm needs a type and a text")
	}
	if a.Args["severity"] == "" {
		a.Args["severity"] = "major"
	}
	checkName(l, a.Args["severity"], []string{"critical", "major", "minor", "warning", hooks.SeverityCleared}, "severity")
	return pushAction(l, a, a.Args["text"])
}

const maxArg = 1 << 10 // bytes of one argument of a command

// command notes that the running hook wants a command run.
func command(l *glua.LState) int {
	const name = "edged.action"
	h, what := duringEvent(l, name), vm.StringArg(l, 1)
	if !h.script.needs.action(what) {
		vm.Fail(l, "%s: '%s' is in none of the file's needs; declare it with edged.needs { \"action:%s\" }", name, what, what)
	}
	if len(h.actions) >= maxActions {
		vm.Fail(l, "%s: more than %d commands of one hook", name, maxActions)
	}
	a := hooks.Action{Op: hooks.OpCommand, Target: what}
	if vm.Arg(l, 2) != glua.LNil {
		eachField(l, vm.TableArg(l, 2), func(key string, v glua.LValue) {
			setArg(&a, key, textField(l, key, v))
			if len(a.Args) > maxActions || len(a.Args[key]) > maxArg {
				vm.BadArg(l, 2, "a command has %d arguments of %d bytes at most", maxActions, maxArg)
			}
		})
	}
	vm.Charge(l, 100)
	h.actions = append(h.actions, a)
	return 0
}
