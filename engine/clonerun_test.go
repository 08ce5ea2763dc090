package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

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

// TestCloneWithLimits asks the engines whether they took the limits of a clone.
func TestCloneWithLimits(t *testing.T) {
	env := lab.Shared(t)
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		e.RunContainer(t, name, "--memory", "64m", env.Image("idle"))
		const limits = "{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}} {{.HostConfig.RestartPolicy.Name}}"
		err := c.CloneContainer(t.Context(), name, CloneOptions{Memory: 256 << 20, CPUs: 0.5, Restart: "unless-stopped"})
		if env.Rootless && c.IsPodman() { // cgroups of version 1 are root's, and this Podman says only in its log that it ignores limits
			if err == nil || !strings.Contains(err.Error(), "HostConfig.Memory") {
				t.Errorf("limits that don't count are no error that names them: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(e.Run(t, "inspect", "--format", limits, name)); got != "268435456 50000 unless-stopped" {
			t.Errorf("the clone has %s", got)
		}
	})
}
