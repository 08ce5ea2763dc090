package faults

import (
	"slices"
	"strings"
	"testing"

	"edged/core/request"
)

// The engine's disk is full when the new container is created: the update fails, and the old container has not stopped.
func TestDiskIsFullAtCreate(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine, disk: "64m"}, firstImage, secondImage)
		for _, strategy := range []string{request.Replace, request.Handover} {
			t.Run(strategy, func(t *testing.T) {
				e := newEdged(t, m)
				m.create(t, e.name, firstImage, "", true, nil)
				e.start()
				old := e.only()
				e.proxy.on(m.creates(), func() (cut bool) {
					t.Cleanup(m.fill(t))
					return false
				})
				res := e.update(e.name, m.env.Image(secondImage), "--strategy", strategy)
				e.neverTouched(old, res, "no space left on device")
			})
		}
	})
}

// only is the daemon's one container.
func (e *edged) only() container {
	e.t.Helper()
	list, err := e.machine.containers(e.t.Context(), e.name)
	if err != nil || len(list) != 1 {
		e.t.Fatalf("there are %+v, %v; want one container", list, err)
	}
	return list[0]
}

// neverTouched checks that an update failed for these reasons, and that the container has run on, with nothing beside it.
// Engines have words of their own: "a|b" is either.
func (e *edged) neverTouched(old container, res request.Result, reasons ...string) {
	e.t.Helper()
	if res.Outcome != request.Failed || res.Changed {
		e.t.Errorf("result %+v", res)
	}
	for _, reason := range reasons {
		if !slices.ContainsFunc(strings.Split(reason, "|"), func(word string) bool { return strings.Contains(res.Reason, word) }) {
			e.t.Errorf("the reason %q does not have %q", res.Reason, reason)
		}
	}
	e.t.Log(res.Reason)
	if now := e.only(); now.ID != old.ID || now.Name != old.Name || now.State != old.State {
		e.t.Errorf("it was %+v, and is %+v", old, now)
	}
}
