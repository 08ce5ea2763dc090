package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A host is what one run of a script can reach.
type host struct {
	*session
	script    *script
	audit     bool
	event     hooks.Event // as earlier hooks have changed it
	declaring bool        // the script is being loaded
	asking    bool        // the body is over and hooks are running
	hooks     []registered
	timers    []registeredTimer
	lines     int                    // logged
	libs      map[string]glua.LValue // imported; nil while that is under way
	kv        *kvView
	device    *glua.LTable

	actions []hooks.Action  // that the running hook wants beside its answer
	sent    []hooks.Message // by the running hook
}

// registered is a hook of a machine.
type registered struct {
	hooks.Hook
	fn *glua.LFunction
}

type registeredTimer struct {
	hooks.Timer
	fn *glua.LFunction
}

// hostOf returns the host of the machine on which l runs.
func hostOf(l *glua.LState) *host {
	return vm.Of(l).Host.(*host) //nolint:forcetypeassert // every machine gets one
}

// duringEvent fails where a script uses in its body what only a hook may do.
func duringEvent(l *glua.LState, name string) *host {
	h := hostOf(l)
	if !h.asking {
		vm.Fail(l, "%s is for hooks: the body of a file only declares", name)
	}
	return h
}

// duringBody fails where a script declares something elsewhere.
func duringBody(l *glua.LState, name string) *host {
	h := hostOf(l)
	if h.asking {
		vm.Fail(l, "%s belongs into the body of the file, not into a hook", name)
	}
	return h
}

// silent reports whether nothing may leave the device: the script is in audit
// mode, or nothing is done in earnest.
func (h *host) silent() bool { return h.audit || h.event.DryRun || h.replay }
