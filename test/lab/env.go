package lab

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Env tells a test how to reach the parts of a running lab. A part that was left out is empty.
type Env struct {
	Dir              string // the lab's folder
	Root             string // of the engines, see Options.Root
	Rootless         bool   // see Options.Rootless
	DockerHost       string // unix:///path
	PodmanHost       string // unix:///path
	MQTTURL          string // mqtt://127.0.0.1:PORT, open to anybody
	Registry         string // 127.0.0.1:PORT, open to anybody
	RegistryLogin    string // 127.0.0.1:PORT of the registry with login
	RegistryUser     string
	RegistryPassword string
}

// Engine is one of the lab's container engines.
type Engine struct {
	Name string // docker or podman
	Host string // unix:///path

	Patience time.Duration // for one command of its client; 0: a minute
}

// rootlessVariable is the only one that is no text.
const rootlessVariable = "EDGED_LAB_ROOTLESS"

// variable ties one field to its environment variable.
type variable struct {
	name  string
	value *string
}

func (e *Env) variables() []variable {
	return []variable{
		{"EDGED_LAB_DIR", &e.Dir},
		{"EDGED_LAB_ROOT", &e.Root},
		{"EDGED_LAB_DOCKER", &e.DockerHost},
		{"EDGED_LAB_PODMAN", &e.PodmanHost},
		{"EDGED_LAB_MQTT", &e.MQTTURL},
		{"EDGED_LAB_REGISTRY", &e.Registry},
		{"EDGED_LAB_REGISTRY_LOGIN", &e.RegistryLogin},
		{"EDGED_LAB_REGISTRY_USER", &e.RegistryUser},
		{"EDGED_LAB_REGISTRY_PASSWORD", &e.RegistryPassword},
	}
}

// FromEnvironment reads the variables that `lab up` prints. ok is false when there is no lab in the environment.
func FromEnvironment() (env *Env, ok bool) {
	env = &Env{}
	for _, v := range env.variables() {
		*v.value = os.Getenv(v.name)
	}
	env.Rootless = os.Getenv(rootlessVariable) == "true"
	return env, env.Dir != ""
}

// Environ returns the variables as NAME=value, without the empty ones.
func (e *Env) Environ() []string {
	var environ []string
	for _, v := range e.variables() {
		if *v.value != "" {
			environ = append(environ, v.name+"="+*v.value)
		}
	}
	if e.Rootless {
		environ = append(environ, rootlessVariable+"=true")
	}
	return environ
}

// Shared finds the running lab. Without one the test is skipped, or fails when CI=true: there, a test that silently
// did not run would pass for one that did.
func Shared(t testing.TB) *Env {
	t.Helper()
	env, ok := FromEnvironment()
	if ok {
		return env
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no lab in the environment: run the tests by `make test`")
	}
	t.Skip("no lab in the environment: start one with `make lab`")
	return nil
}

// Image returns the full name of a test image in the open registry: web:2, or web, which means web:1.
func (e *Env) Image(name string) string { return imageRef(e.Registry, name) }

// LoginImage returns the full name of a test image in the registry with login.
func (e *Env) LoginImage(name string) string { return imageRef(e.RegistryLogin, name) }

func imageRef(registry, name string) string {
	repository, tag := splitName(name)
	return registry + "/" + Namespace + "/" + repository + ":" + tag
}

// Pusher returns a pusher to the open registry, for a test that needs images of its own.
func (e *Env) Pusher() *Pusher { return NewPusher(e.Registry, "", "") }

// LoginPusher returns a pusher to the registry with login.
func (e *Env) LoginPusher() *Pusher {
	return NewPusher(e.RegistryLogin, e.RegistryUser, e.RegistryPassword)
}

// Engines lists the engines of the lab.
func (e *Env) Engines() []Engine {
	var engines []Engine
	if e.DockerHost != "" {
		engines = append(engines, Engine{Name: "docker", Host: e.DockerHost})
	}
	if e.PodmanHost != "" {
		engines = append(engines, Engine{Name: "podman", Host: e.PodmanHost})
	}
	return engines
}

// EachEngine runs the test once on every engine, as a subtest with the engine's name.
func (e *Env) EachEngine(t *testing.T, test func(t *testing.T, engine Engine)) {
	t.Helper()
	for _, engine := range e.Engines() {
		t.Run(engine.Name, func(t *testing.T) { test(t, engine) })
	}
}

// Name makes a name for a container or a topic that no other test of the lab uses at the same time: the prefix, and
// what tells this test and this process apart.
func Name(t testing.TB, prefix string) string {
	plain := func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}
	return prefix + "-" + strings.Map(plain, strings.ToLower(t.Name())) + "-" + strconv.Itoa(os.Getpid())
}
