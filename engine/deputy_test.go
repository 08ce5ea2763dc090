package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// TestDeputy has a sibling of a container that can exist beside it, and do what it is told until it has succeeded.
func TestDeputy(t *testing.T) {
	cloneTest(t, func(t *testing.T, c *ContainerClient, e lab.Engine, name string) {
		env := lab.Shared(t)
		e.RunContainer(t, name, "--publish", "127.0.0.1::80", "--restart", "always", "--env", "MINE=1", "--user", "65534",
			"--label", "mine=1", "--label", "com.docker.compose.project=p", "--health-cmd", "true", "--volume", "/data", env.Image("idle"))
		plan, err := c.PlanDeputy(t.Context(), name, []string{"/bin/sh", "-c", "id -u; echo $MINE $0; touch /data/seen; [ -e /data/again ] || { touch /data/again; exit 3; }", "told"})
		if err != nil {
			t.Fatal(err)
		}
		deputy := name + "-deputy"
		t.Cleanup(func() { e.Remove(t, deputy) })
		if _, err := c.CreateNext(t.Context(), plan, deputy, map[string]string{"more": "2"}); err != nil {
			t.Fatal(err)
		}
		e.Run(t, "exec", "--user", "0", name, "chmod", "777", "/data")
		if err := c.StartContainer(t.Context(), deputy); err != nil {
			t.Fatal(err)
		}
		// It fails once, and is started again.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for state := mustState(t, c, deputy); state.Status != "exited" || state.ExitCode != 0; state = mustState(t, c, deputy) {
			if err := untilNews(ctx, nil, settleTime/30); err != nil {
				t.Fatalf("it is %+v: %v", state, err)
			}
		}
		if log := e.Run(t, "logs", deputy); !slices.Equal(strings.Fields(log), []string{"65534", "1", "told", "65534", "1", "told"}) {
			t.Errorf("it printed %q", log)
		}
		labels := mustState(t, c, deputy).Labels
		if labels["mine"] != "1" || labels["more"] != "2" || labels["com.docker.compose.project"] != "" || labels[LabelFork] == "" {
			t.Errorf("labels %v", labels)
		}
		if mode := e.Run(t, "container", "inspect", "--format", "{{.HostConfig.NetworkMode}} {{len .HostConfig.PortBindings}}", deputy); mode != "none 0" {
			t.Errorf("network and ports: %s", mode)
		}
		if now := mustState(t, c, name); !now.Running {
			t.Errorf("the original is %+v", now)
		}
	})
}
