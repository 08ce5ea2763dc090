package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// cloneTest runs one test on each engine of the lab with a client and a name of its own.
func cloneTest(t *testing.T, test func(t *testing.T, c *ContainerClient, e lab.Engine, name string)) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		name := lab.Name(t, "clone")
		test(t, testClient(t, e), e, name)
		for _, leftover := range []string{name + ".next", name + ".prev"} {
			if _, err := testClient(t, e).State(t.Context(), leftover); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s is left over: %v", leftover, err)
				e.Remove(t, leftover)
			}
		}
	})
}

func mustState(t *testing.T, c *ContainerClient, name string) State {
	t.Helper()
	state, err := c.State(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestCloneContainer(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--env", "MINE=1", "--env", "GREETING=mine", "--label", "mine=1", env.Image("web:1"))
		old := mustState(t, c, name)
		if err := c.CloneContainer(t.Context(), name, CloneOptions{Image: env.Image("web:2"), StopTimeout: time.Second}); err != nil {
			t.Fatal(err)
		}
		now := mustState(t, c, name)
		if now.ID == old.ID || !now.Running || !ImageRefsEqual(now.Image, env.Image("web:2")) {
			t.Errorf("replaced by %+v", now)
		}
		if _, err := c.State(t.Context(), old.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the old container is still there: %v", err)
		}
		inspect, err := c.inspectDocument(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		config := inspect.object("Config")
		for _, entry := range []string{"MINE=1", "GREETING=mine", "ADDED=new in version 2"} {
			if !slices.Contains(config.texts("Env"), entry) {
				t.Errorf("no %s in %q", entry, config.texts("Env"))
			}
		}
		if hasEnv(config.texts("Env"), "DROPPED") {
			t.Errorf("the old image's DROPPED is still in %q", config.texts("Env"))
		}
		if labels := config.object("Labels"); labels.text("mine") != "1" || labels.text("version") != "2" || has(labels, "lab.dropped") {
			t.Errorf("labels %v", labels)
		}
		if config.text("WorkingDir") != "/srv" || !slices.Equal(config.texts("Cmd"), []string{"main", "--second"}) {
			t.Errorf("working directory %s, command %q", config.text("WorkingDir"), config.texts("Cmd"))
		}
	})
}

func TestCloneContainerRollsBack(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--entrypoint", "", "--env", "PORT=80", env.Image("idle"), "main")
		old := mustState(t, c, name)
		err := c.CloneContainer(t.Context(), name, CloneOptions{Image: env.Image("exits")})
		if !errors.Is(err, ErrRolledBack) {
			t.Fatalf("clone: %v", err)
		}
		if now := mustState(t, c, name); now.ID != old.ID || !now.Running {
			t.Errorf("after the rollback: %+v", now)
		}
	})
}

// TestCloneContainerLeavesOldAlone: nothing that can be known before may stop the old container.
func TestCloneContainerLeavesOldAlone(t *testing.T) {
	env := lab.Shared(t)
	for name, test := range map[string]struct {
		image string
		want  error
	}{
		"no image":          {"localhost/none:1", ErrNotFound},
		"which is no image": {"localhost/none:1", ErrNoImage},
		"wrong platform":    {env.Image("wrongarch"), ErrPlatform},
	} {
		t.Run(name, func(t *testing.T) {
			cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
				e.RunContainer(t, name, env.Image("idle"))
				old := mustState(t, c, name)
				if err := c.CloneContainer(t.Context(), name, CloneOptions{Image: test.image}); !errors.Is(err, test.want) {
					t.Errorf("clone: %v, want %v", err, test.want)
				}
				if now := mustState(t, c, name); now.ID != old.ID || !now.StartedAt.Equal(old.StartedAt) || !now.Running {
					t.Errorf("was %+v, is %+v", old, now)
				}
			})
		})
	}
}

func TestCloneContainerNameTaken(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c, name := testClient(t, e), lab.Name(t, "clone")
		e.RunContainer(t, name, env.Image("idle"))
		e.RunContainer(t, name+".next", env.Image("idle"))
		old, stranger := mustState(t, c, name), mustState(t, c, name+".next")
		if err := c.CloneContainer(t.Context(), name, CloneOptions{}); !errors.Is(err, ErrConflict) {
			t.Errorf("clone: %v", err)
		}
		if now := mustState(t, c, name); !now.StartedAt.Equal(old.StartedAt) {
			t.Errorf("was %+v, is %+v", old, now)
		}
		if now := mustState(t, c, name+".next"); now.ID != stranger.ID || !now.Running {
			t.Errorf("the other container was %+v, is %+v", stranger, now)
		}
	})
}

func TestCloneContainerStopped(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, env.Image("idle"))
		if err := c.StopContainer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if err := c.CloneContainer(t.Context(), name, CloneOptions{Image: env.Image("printenv")}); err != nil {
			t.Fatal(err)
		}
		if now := mustState(t, c, name); now.Status != "created" || !ImageRefsEqual(now.Image, env.Image("printenv")) {
			t.Errorf("replaced by %+v", now)
		}
	})
}

func TestCloneRefusesAutoRemove(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.Run(t, "run", "--detach", "--rm", "--name", name, env.Image("idle"))
		t.Cleanup(func() {
			if err := c.Remove(context.Background(), name); err != nil {
				t.Error(err)
			}
		})
		_, err := c.PlanClone(t.Context(), name, CloneOptions{})
		if !errors.Is(err, ErrNotCarried) || !strings.Contains(err.Error(), "HostConfig.AutoRemove") {
			t.Errorf("plan: %v", err)
		}
	})
}

// TestCloneKeepsAnonymousVolume clones twice: the data has to be there each time.
func TestCloneKeepsAnonymousVolume(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--volume", "/data", env.Image("idle"))
		e.Run(t, "exec", name, "sh", "-c", "echo precious > /data/file")
		for range 2 {
			if err := c.CloneContainer(t.Context(), name, CloneOptions{Image: env.Image("printenv")}); err != nil {
				t.Fatal(err)
			}
			if got := e.Run(t, "exec", name, "cat", "/data/file"); strings.TrimSpace(got) != "precious" {
				t.Errorf("data is %q", got)
			}
		}
	})
}

func TestPlanClone(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--env", "GREETING=mine", "--publish", "127.0.0.1::80", env.Image("web:1"))
		p, err := c.PlanClone(t.Context(), name, CloneOptions{Image: env.Image("web:2"), Env: []string{"ASKED=1"}, Labels: map[string]string{"asked": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"cmd", "env:ADDED", "env:ASKED", "env:DROPPED", "healthcheck", "image", "label:asked", "label:lab.added",
			"label:lab.dropped", "label:version", "workdir",
		}
		if !slices.Equal(p.Changes, want) {
			t.Errorf("changes %q, want %q", p.Changes, want)
		}
		if !p.WasRunning || !p.HasHealthcheck || p.Name != name || p.OldImageID == p.NewImageID {
			t.Errorf("plan %+v", p)
		}
	})
}

func TestUpdateRequired(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, env.Image("idle"))
		for image, want := range map[string]bool{"": false, env.Image("idle"): false, env.Image("web:1"): true, "localhost/none:1": true} {
			got, inspect, err := c.UpdateRequired(t.Context(), name, image)
			if err != nil || got != want || FormatContainerName(inspect.Name) != name {
				t.Errorf("%q: required %v (%v), want %v", image, got, err, want)
			}
		}
	})
}

func TestFork(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--restart", "always", "--env", "MINE=1", env.Image("idle"))
		t.Cleanup(func() { e.Remove(t, name+"-fork") })
		current, err := c.Client.ContainerInspect(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		labels := map[string]string{"asked": "1"}
		if err := c.Fork(t.Context(), current, CloneOptions{Name: name + "-fork", Labels: labels, Env: []string{"FORK=1"}}); err != nil {
			t.Fatal(err)
		}
		if len(labels) != 1 {
			t.Errorf("the caller's labels became %v", labels)
		}
		fork := mustState(t, c, name+"-fork")
		if !fork.Running || fork.Labels["io.tedge.fork"] != "1" || fork.Labels["asked"] != "1" || fork.Labels["io.tedge.forked.name"] != name {
			t.Errorf("fork %+v", fork)
		}
		if !mustState(t, c, name).Running {
			t.Error("the original doesn't run any more")
		}
	})
}
