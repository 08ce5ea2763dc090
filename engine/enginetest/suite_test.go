package enginetest_test

import (
	"testing"

	"edged/engine"
	"edged/engine/enginetest"
	"edged/test/lab"
)

// TestSuite runs the suite on the engines of the lab.
func TestSuite(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, host lab.Engine) {
		client, err := engine.NewContainerClient(t.Context(), engine.WithHost(host.Host), engine.WithAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		if string(client.Engine.Type) != host.Name {
			t.Errorf("engine %+v, want %s", client.Engine, host.Name)
		}
		enginetest.Run(t, enginetest.Target{Client: client, Image: env.Image})
	})
}
