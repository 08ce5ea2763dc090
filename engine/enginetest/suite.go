// Package enginetest is what the engine layer promises, as tests that run against any engine: real ones and the fake.
//
// A behaviour is a function that takes a [Target]; [Run] runs all of them as subtests.
package enginetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/engine"
)

// Target is an engine under test.
type Target struct {
	Client *engine.ContainerClient
	// Image is the reference of a test image: "web:1" and "web:2" (healthy within seconds), "idle:1", "printenv:1" (prints
	// its environment and stays), "exits:1" (code 3), "crashloop:1" (code 1 after 0.3 s), "slowhealth:1" (healthy after 3
	// seconds), "sickly:1" (unhealthy after SICK_AFTER seconds), "stubborn:1" (ignores SIGTERM) and "wrongarch:1" are in
	// the engine already; "wrongarch:list" is in the registry only, and for other machines only.
	Image func(name string) string
	// Login is the reference of "idle:1" in a registry that wants a login, and of what is not there.
	Login              func(name string) string
	Username, Password string
	// Rootless: the engine runs without root's rights. Not every version says so.
	Rootless bool
	// Push puts an image with the content into the registry under the name, replacing what had it, and returns its
	// reference.
	Push func(t *testing.T, name, content string) string
}

// behaviour is one promise.
type behaviour struct {
	name string
	test func(t *testing.T, target Target)
}

// Run tests all promises on the target, several at a time.
func Run(t *testing.T, target Target) {
	groups := slices.Concat(reading(), changing(), following(), measuring(), imaging(), loading(), replacing())
	for _, b := range groups {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			b.test(t, target)
		})
	}
}

// RunPrivate tests the promises that disturb whoever else uses the engine, one after the other.
func RunPrivate(t *testing.T, target Target) {
	t.Run("Prune", func(t *testing.T) { prune(t, target) })
}

// patience bounds each wait of a test. A machine that is busy with other things takes a while for a container's start.
const patience = time.Minute

// within is the test's context with the deadline patience.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// after is a context for cleaning up, when that of the test has ended.
func after(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

// name is a container name of this test's own.
func name(t *testing.T, suffix string) string {
	return "suite-" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())) + suffix
}

// create makes a container from the spec, named for the test if it has no name, and removes it afterwards.
func (target Target) create(t *testing.T, spec engine.CreateSpec) string {
	t.Helper()
	if spec.Name == "" {
		spec.Name = name(t, "")
	}
	spec.Image = target.Image(spec.Image)
	if spec.StopTimeout == nil {
		spec.StopTimeout = new(5 * time.Second)
	}
	target.remove(t, spec.Name)
	if _, err := target.Client.Create(within(t), spec); err != nil {
		t.Fatal(err)
	}
	return spec.Name
}

// start makes and starts a container.
func (target Target) start(t *testing.T, spec engine.CreateSpec) string {
	t.Helper()
	made := target.create(t, spec)
	if err := target.Client.StartContainer(within(t), made); err != nil {
		t.Fatal(err)
	}
	return made
}

// remove removes the container now and once more after the test.
func (target Target) remove(t *testing.T, nameOrID string) {
	t.Helper()
	if err := target.Client.Remove(within(t), nameOrID); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Client.Remove(after(t), nameOrID); err != nil {
			t.Error(err)
		}
	})
}

func (target Target) state(t *testing.T, nameOrID string) engine.State {
	t.Helper()
	state, err := target.Client.State(within(t), nameOrID)
	if err != nil {
		t.Fatal(err)
	}
	return state
}
