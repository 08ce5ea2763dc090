package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A host is what one run of a script can reach.
type host struct {
	set    *Set
	script *script
	event  hooks.Event
	now    time.Time // the same throughout an event
	hooks  []registered
	asking bool // the body is over and hooks are running
	lines  int  // logged
}

// registered is a hook of a machine.
type registered struct {
	info HookInfo
	fn   *glua.LFunction
}

func (s *Set) newHost(sc *script, ev hooks.Event) *host {
	return &host{set: s, script: sc, event: ev, now: s.options.Clock()}
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
