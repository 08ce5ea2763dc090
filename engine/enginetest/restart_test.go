package enginetest_test

import (
	"context"
	"fmt"
	"slices"
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

// statsLimit is how long the statistics of 100 containers may take on a machine that has nothing else to do.
const statsLimit = 1500 * time.Millisecond

// TestHundred measures the stated limit, by a client that has never seen the containers and by one that has. The machine may
// have other things to do, so each gets several tries.
func TestHundred(t *testing.T) {
	env := lab.Shared(t)
	if testing.Short() {
		t.Skip("starts 100 containers")
	}
	env.EachEngine(t, func(t *testing.T, host lab.Engine) {
		names := startMany(t, connect(t, host.Host), env.Image("idle:1"), 100)
		cold, warm := time.Hour, time.Hour
		for tries := 0; tries < 10 && max(cold, warm) > statsLimit; tries++ {
			c := connect(t, host.Host)
			cold = min(cold, measureStats(t, c, names))
			<-time.After(300 * time.Millisecond)
			warm = min(warm, measureStats(t, c, names))
		}
		begin := time.Now()
		items, err := connect(t, host.Host).List(t.Context(), engine.FilterOptions{})
		if err != nil || len(items) < 100 {
			t.Errorf("list: %d, %v", len(items), err)
		}
		t.Logf("statistics of 100 containers: cold %s, warm %s; list of %d: %s", cold, warm, len(items), time.Since(begin))
		if max(cold, warm) > statsLimit {
			t.Errorf("statistics took %s cold and %s warm, want at most %s", cold, warm, statsLimit)
		}
	})
}

func measureStats(t *testing.T, c *engine.ContainerClient, names []string) time.Duration {
	t.Helper()
	begin := time.Now()
	for _, s := range c.StatsAll(t.Context(), names) {
		if err := s.GetError(); err != nil {
			t.Error(err)
		}
	}
	return time.Since(begin)
}

func connect(t *testing.T, host string) *engine.ContainerClient {
	t.Helper()
	c, err := engine.NewContainerClient(t.Context(), engine.WithHost(host), engine.WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// startMany starts n containers of the image, several at a time, and removes them after the test.
func startMany(t *testing.T, c *engine.ContainerClient, image string, n int) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("many-%d", i)
	}
	each := func(do func(name string) error) {
		t.Helper()
		for chunk := range slices.Chunk(names, 8) {
			failed := make(chan error)
			for _, name := range chunk {
				go func() { failed <- do(name) }()
			}
			for range chunk {
				if err := <-failed; err != nil {
					t.Error(err)
				}
			}
		}
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { each(func(name string) error { return c.Remove(ctx, name) }) })
	each(func(name string) error {
		if _, err := c.Create(ctx, engine.CreateSpec{Name: name, Image: image, Network: "none"}); err != nil {
			return err
		}
		return c.StartContainer(ctx, name)
	})
	return names
}
