package watch

import (
	"strings"
	"time"

	"edged/engine"
)

// Container is what is known of a container.
type Container struct {
	ID       string
	Name     string
	State    string    // the engine's word: created running paused restarting removing exited dead
	Health   string    // healthy unhealthy starting; empty without a healthcheck
	ExitCode int       // of its last end seen
	OOM      bool      // whether it was killed for memory then
	Started  time.Time // when it started last, by the engine's clock; zero if that was not seen
	Detail   engine.TedgeContainer
}

// Change is what became of a container since its last change was taken.
type Change struct {
	Container Container // as it is now
	Before    Container // as it was when last told; without an ID if it was never told
	Exits     int       // how often its main process ended in between
	OOMs      int       // how often it ran out of memory in between; some engines never say
	Gone      bool      // it exists no more
}

// Group is the compose project that c belongs to, or empty.
func (c Container) Group() string { return c.Detail.Container.ProjectName }

// ComposeService is c's service within its group, or empty.
func (c Container) ComposeService() string { return c.Detail.Container.ServiceName }

// Running reports whether its main process runs.
func (c Container) Running() bool { return c.State == stateRunning || c.State == statePaused }

// ended reports whether its main process has ended, though the engine may start it again.
func (c Container) ended() bool {
	return c.State == stateExited || c.State == stateRestarting || c.State == "dead"
}

const (
	stateRunning    = "running"
	stateExited     = "exited"
	statePaused     = "paused"
	stateRestarting = "restarting"

	healthUnknown = "?" // it just started; whether it has a healthcheck is not known yet
)

// observed makes a Container of the engine's listing. The exit code stands in
// the status text only: "Exited (137) 5 seconds ago", "Restarting (1) 2 seconds ago".
func observed(t engine.TedgeContainer) Container {
	return Container{
		ID:       t.Container.Id,
		Name:     t.Container.Name,
		State:    t.Container.State,
		Health:   t.Health(),
		ExitCode: exitCode(t.Container.Status),
		Detail:   t,
	}
}

func exitCode(status string) int {
	word, rest, _ := strings.Cut(status, " (")
	if word != "Exited" && word != "Restarting" {
		return 0
	}
	code := 0
	for _, r := range rest {
		if r < '0' || r > '9' {
			break
		}
		code = code*10 + int(r-'0')
	}
	return code
}
