package enginetest_test

import (
	"os"
	"testing"

	"edged/engine"
	"edged/engine/enginetest"
	"edged/test/lab"
)

func TestMain(m *testing.M) {
	lab.SideBySide(4)
	os.Exit(m.Run())
}

// TestSuite runs the suite on the engines of the lab.
func TestSuite(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, host lab.Engine) {
		target := labTarget(t, env, host.Host)
		if string(target.Client.Engine.Type) != host.Name {
			t.Errorf("engine %+v, want %s", target.Client.Engine, host.Name)
		}
		enginetest.Run(t, target)
	})
}

// labTarget is an engine that has the lab's images, with the lab's registries.
func labTarget(t *testing.T, env *lab.Env, host string) enginetest.Target {
	t.Helper()
	client, err := engine.NewContainerClient(t.Context(), engine.WithHost(host), engine.WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return enginetest.Target{
		Client: client, Image: env.Image, Rootless: env.Rootless,
		Login: env.LoginImage, Username: env.RegistryUser, Password: env.RegistryPassword,
		Push: func(t *testing.T, name, content string) string {
			t.Helper()
			spec := lab.ImageSpec{Name: name + ":1", Files: map[string]string{"/content": content}, Config: lab.ImageConfig{Cmd: []string{"true"}}}
			if _, err := env.Pusher().Push(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			return env.Image(name)
		},
	}
}
