package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/test/lab"
)

// TestFindsRealEngine: with no host named, an engine of a user's own is found where it puts its socket, and one that the
// variables of the engines' commands name.
func TestFindsRealEngine(t *testing.T) {
	lab.Shared(t).EachEngine(t, func(t *testing.T, e lab.Engine) {
		socket := strings.TrimPrefix(e.Host, "unix://")
		home, err := os.MkdirTemp("", "run") // a socket's path is short, and t.TempDir's is not
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(home) })
		at := filepath.Join(home, map[string]string{"docker": "docker.sock", "podman": "podman/podman.sock"}[e.Name])
		if err := os.Mkdir(filepath.Join(home, "podman"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(socket, at); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct{ variable, value, want string }{
			"runtime folder": {"XDG_RUNTIME_DIR", home, "unix://" + at},
			"DOCKER_HOST":    {"DOCKER_HOST", e.Host, e.Host},
			"CONTAINER_HOST": {"CONTAINER_HOST", e.Host, e.Host},
		} {
			t.Run(name, func(t *testing.T) {
				for _, other := range []string{"XDG_RUNTIME_DIR", "DOCKER_HOST", "CONTAINER_HOST"} {
					t.Setenv(other, "")
				}
				t.Setenv("SUDO_UID", "64999") // a user who has no engine in the place that the number says
				t.Setenv(test.variable, test.value)
				c, err := NewContainerClient(t.Context(), WithAttempts(1))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(c.Close)
				if string(c.Engine.Type) != e.Name || c.Host() != test.want || c.Engine.HasLibPodAPI != c.IsPodman() {
					t.Errorf("found %+v at %s, want %s at %s", c.Engine, c.Host(), e.Name, test.want)
				}
			})
		}
	})
}
