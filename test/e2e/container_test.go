package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// name is the full name of one of the daemon's containers.
func (e *edged) name(short string) string { return e.prefix + "-" + short }

// run starts a container for the daemon to mind; args are those of `docker run`, from the options to the command. It
// returns the full name. The container is removed after the test. It has no network unless it publishes a port: that is
// faster, and many engines that change the machine's packet filter at once get in each other's way.
func (e *edged) run(short string, args ...string) string {
	e.t.Helper()
	name := e.name(short)
	options := []string{"run", "--detach", "--name", name}
	if !slices.Contains(args, "--publish") {
		options = append(options, "--network", "none")
	}
	e.engine.Run(e.t, append(options, args...)...)
	return name
}

// inspect reads a field of a container, as a template of the engine's client.
func (e *edged) inspect(name, field string) string {
	e.t.Helper()
	return e.engine.Run(e.t, "container", "inspect", "--format", field, name)
}

func (e *edged) id(name string) string { return e.inspect(name, "{{.Id}}") }

// isRunning checks that a container runs, or does not.
func (e *edged) isRunning(name string, want bool) {
	e.t.Helper()
	if got := e.inspect(name, "{{.State.Running}}"); (got == "true") != want {
		e.t.Errorf("%s runs: %s, want %t", name, got, want)
	}
}

// isMadeFrom checks which test image a container is of.
func (e *edged) isMadeFrom(name, image string) {
	e.t.Helper()
	field := "{{.Config.Image}}"
	if got := e.inspect(name, field); got != e.lab.Image(image) {
		e.t.Errorf("%s is made from %s, want %s", name, got, e.lab.Image(image))
	}
}

// containers lists the names of all containers of the test, running or not.
func (e *edged) containers() []string {
	e.t.Helper()
	names := strings.Fields(e.engine.Run(e.t, "ps", "--all", "--filter", "name="+e.prefix, "--format", "{{.Names}}"))
	slices.Sort(names)
	return names
}

// existOnly checks that nothing is left over beside these containers.
func (e *edged) existOnly(names ...string) {
	e.t.Helper()
	slices.Sort(names)
	if got := e.containers(); !slices.Equal(got, names) {
		e.t.Errorf("there are the containers %q, want %q", got, names)
	}
}

// removeContainers removes all containers of the test.
func (e *edged) removeContainers() {
	ctx := context.Background() // the test's own has ended
	ids, err := e.engine.Try(ctx, "ps", "--all", "--quiet", "--filter", "name="+e.prefix)
	if err != nil {
		return // an engine of the test's own, which is gone
	}
	args := []string{"rm", "--force", "--volumes"}
	if e.engine.Name == "podman" {
		args = append(args, "--time", "0")
	}
	if ids == "" {
		return
	}
	if _, err := e.engine.Try(ctx, append(args, strings.Fields(ids)...)...); err != nil {
		e.t.Error(err)
	}
}

// push makes an image of the test's own, with text in its file /what, and returns its reference.
func (e *edged) push(short, text string) string {
	e.t.Helper()
	spec := lab.ImageSpec{
		Name:   e.name(short) + ":1",
		Files:  map[string]string{"/what": text},
		Config: lab.ImageConfig{Cmd: []string{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"}, Env: []string{"PATH=/bin"}},
	}
	if _, err := e.lab.Pusher().Push(e.t.Context(), spec); err != nil {
		e.t.Fatal(err)
	}
	return e.lab.Image(e.name(short) + ":1")
}

// eventually looks until there is what should be, for what nobody tells of.
func eventually(t *testing.T, what string, there func() bool) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-timeout.C:
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}
