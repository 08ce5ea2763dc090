package enginetest_test

import (
	"context"
	"testing"
	"time"

	"edged/engine"
	"edged/engine/enginetest"
	"edged/test/lab"
)

// restartable is an engine that the test may stop and start.
type restartable interface {
	Host() string
	Pull(ctx context.Context, ref, user, password string) error
	Restart(ctx context.Context) error
	Stop() error
}

// eachPrivate runs the test on engines of its own.
func eachPrivate(t *testing.T, test func(t *testing.T, e restartable, image string)) {
	env := lab.Shared(t)
	starts := map[string]func(context.Context, *lab.Folder) (restartable, error){
		"docker": func(ctx context.Context, folder *lab.Folder) (restartable, error) {
			return lab.StartDocker(ctx, folder, lab.DockerOptions{LiveRestore: true, Root: env.Root, Rootless: env.Rootless})
		},
		"podman": func(ctx context.Context, folder *lab.Folder) (restartable, error) {
			return lab.StartPodman(ctx, folder, lab.PodmanOptions{Insecure: []string{env.Registry}, Root: env.Root, Rootless: env.Rootless})
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			folder, err := lab.NewFolder()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { folder.Close() })
			e, err := start(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.Stop() })
			image := env.Image("idle:1")
			if err := e.Pull(t.Context(), image, "", ""); err != nil {
				t.Fatal(err)
			}
			test(t, e, image)
		})
	}
}

// TestPrivate runs what disturbs other users of an engine.
func TestPrivate(t *testing.T) {
	eachPrivate(t, func(t *testing.T, e restartable, _ string) {
		enginetest.RunPrivate(t, labTarget(t, lab.Shared(t), e.Host()))
	})
}

func TestClientSurvivesRestart(t *testing.T) {
	eachPrivate(t, func(t *testing.T, e restartable, image string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c, err := engine.NewContainerClient(ctx, engine.WithHost(e.Host()))
		if err != nil {
			t.Fatal(err)
		}
		stream := c.Events(ctx)
		create := func(name string) {
			t.Helper()
			if _, err := c.Create(ctx, engine.CreateSpec{Name: name, Image: image}); err != nil {
				t.Fatal(err)
			}
		}
		next := func(action engine.Action, name string) {
			t.Helper()
			for e := range stream {
				if e.Action == action && e.Name == name {
					return
				}
				if e.Action == engine.ActionCreate {
					t.Errorf("%s %s came instead of %s %s", e.Action, e.Name, action, name)
				}
			}
			t.Fatalf("no %s %s", action, name)
		}
		next(engine.ActionConnected, "")
		create("before")
		next(engine.ActionCreate, "before")
		if err := e.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		next(engine.ActionDisconnected, "")
		next(engine.ActionConnected, "")
		create("after")
		next(engine.ActionCreate, "after")
		items, err := c.List(ctx, engine.FilterOptions{})
		if err != nil || len(items) != 2 {
			t.Errorf("list after the restart: %+v, %v", items, err)
		}
	})
}
