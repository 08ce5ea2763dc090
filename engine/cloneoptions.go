package engine

import (
	"time"

	"github.com/docker/docker/api/types/strslice"
)

// CloneOptions says what a clone has other than its original. The zero value asks for no change.
type CloneOptions struct {
	// Name of a fork; a clone takes the name of what it replaces.
	Name string
	// Image reference; "" keeps the one configured.
	Image string
	// HealthyAfter is how long the health gate may take, and how long a container without a healthcheck has to stay
	// up. 0 means 30 s and 5 s.
	HealthyAfter time.Duration
	// StopAfter is a wait before the old container is stopped.
	StopAfter time.Duration
	// StopTimeout is the grace for the old container's exit, the wait for it with WaitForExit; 0 means the
	// container's own, or 5 minutes of waiting.
	StopTimeout time.Duration
	// WaitForExit waits for the old container to exit by itself instead of stopping it.
	WaitForExit bool
	// AutoRemove has the engine remove the new container when it exits.
	AutoRemove bool
	// Env entries ("NAME=value") set or replace variables.
	Env []string
	// ExtraHosts entries ("host:address") are added.
	ExtraHosts []string
	// Cmd and Entrypoint replace the old ones if they aren't empty.
	Cmd        strslice.StrSlice
	Entrypoint strslice.StrSlice
	// IgnorePorts publishes no ports.
	IgnorePorts bool
	// Labels are set or replaced.
	Labels map[string]string
	// Restart is a policy as in CreateSpec; "" keeps the old one's.
	Restart string
	// Memory is the limit in bytes, CPUs that in cores; 0 keeps the old one's.
	Memory int64
	CPUs   float64
	// SkipNetwork gives the new container no network.
	SkipNetwork bool
	// IgnoreEnvVars are names of variables that aren't carried over, see FilterEnvVariables.
	IgnoreEnvVars []string

	// Naming is how the steps of a replacement are marked; zero fields have defaults.
	Naming CloneNaming
}

// CloneNaming is what a replacement in progress is recognised by.
type CloneNaming struct {
	// NextSuffix and PrevSuffix are added to the name of the container: of the new one before it takes over, and of
	// the old one until the new one is healthy. Defaults: ".next" and ".prev".
	NextSuffix, PrevSuffix string
	// ReplacesLabel is the label of the new container whose value is the ID of the old one. Default: "replaces.id".
	ReplacesLabel string
}

func (n CloneNaming) next(name string) string { return name + orDefault(n.NextSuffix, ".next") }
func (n CloneNaming) prev(name string) string { return name + orDefault(n.PrevSuffix, ".prev") }

func (n CloneNaming) label() string { return orDefault(n.ReplacesLabel, "replaces.id") }

func orDefault(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}
