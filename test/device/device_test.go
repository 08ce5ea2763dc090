// Package device runs edged under what a small device has to offer: a read-only root, a few megabytes for its state, a
// control group that allows little memory, and a network that comes late.
package device

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/test/daemon"
	"edged/test/lab"
)

// patience bounds every wait. It is long, because the machine may be busy; what takes that long has failed.
const patience = 2 * time.Minute

// newEdged builds an edged for the engine, with its own topics, that minds the containers of the name only. All that it
// may write to is below the folder "rw".
func newEdged(t *testing.T, engine, broker, name string) *daemon.Daemon {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("it makes namespaces and control groups: needs root")
	}
	dir, err := os.MkdirTemp("", "edged-device-") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, made := range []string{"policy.d", "rw"} {
		if err := os.Mkdir(filepath.Join(dir, made), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	edged, err := daemon.New(t.Context(), dir, daemon.Settings{
		Engine: engine, Broker: broker, Policy: filepath.Join(dir, "policy.d"), StableFor: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	edged.Environ = []string{
		"EDGED_MQTT_ROOT=" + name, "EDGED_MQTT_CLIENT_ID=" + name, "EDGED_STATE_DIR=" + dir + "/rw/state",
		"EDGED_API_SOCKET=" + dir + "/rw/sock", "EDGED_FILTER_INCLUDE_NAMES=" + name + "|storm-.*",
	}
	t.Cleanup(func() {
		edged.Kill()
		if log, err := os.ReadFile(edged.Log()); err == nil && t.Failed() {
			t.Logf("edged logged:\n%s", log[max(0, len(log)-8000):])
		}
	})
	return edged
}

// start runs it and waits until it answers on its socket.
func start(t *testing.T, edged *daemon.Daemon) {
	t.Helper()
	if err := edged.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "edged to know the engine", func() bool {
		return strings.Contains(cli(t, edged, "status", "--output", "json"), `"type": "docker"`)
	})
}

// cli is what edged's command line prints.
func cli(t *testing.T, edged *daemon.Daemon, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := edged.Command(ctx, args...).CombinedOutput()
	return fmt.Sprint(string(out), err)
}

// updated has edged update a container from one of the lab's images to another.
func updated(t *testing.T, edged *daemon.Daemon, env *lab.Env, name string, flags ...string) {
	t.Helper()
	said := cli(t, edged, append([]string{"update", name, env.Image("printenv")}, flags...)...)
	if !strings.Contains(said, "outage") {
		t.Errorf("update: %s", said)
	}
	engine := env.Engines()[0]
	if got := engine.Run(t, "inspect", "-f", "{{.Config.Image}} {{.State.Running}}", name); got != env.Image("printenv")+" true" {
		t.Errorf("after the update there is %s", got)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	timeout, tick := time.NewTimer(patience), time.NewTicker(100*time.Millisecond)
	defer timeout.Stop()
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-timeout.C:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
