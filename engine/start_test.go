package engine

import (
	"testing"
	"time"

	"edged/test/lab"
)

// A port that another container gives back a moment later is waited for.
func TestStartWaitsForPort(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c, name := testClient(t, e), lab.Name(t, "start")
		addr, err := lab.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		e.RunContainer(t, name, "--publish", addr+":80", env.Image("idle"))
		next := name + "-next"
		t.Cleanup(func() { e.Remove(t, next) })
		e.Run(t, "create", "--name", next, "--publish", addr+":80", env.Image("idle"))
		stopped := make(chan error, 1)
		go func() {
			<-time.After(500 * time.Millisecond)
			stopped <- c.StopContainer(t.Context(), name)
		}()
		if err := c.StartContainer(t.Context(), next); err != nil {
			t.Error(err)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if !mustState(t, c, next).Running {
			t.Error("it does not run")
		}
	})
}
