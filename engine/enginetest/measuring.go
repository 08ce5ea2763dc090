package enginetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"edged/engine"
)

// measuring has the promises about logs and statistics.
func measuring() []behaviour {
	return []behaviour{
		{"Logs", logs},
		{"LogsOfTerminal", logsOfTerminal},
		{"LogsWithDetails", logsWithDetails},
		{"LogsFollow", logsFollow},
		{"Stats", stats},
		{"StatsOfBusy", statsOfBusy},
		{"RestartCount", restartCount},
		{"OutOfMemory", outOfMemory},
	}
}

// shell makes and starts a container that runs the script.
func (target Target) shell(t *testing.T, script string) string {
	t.Helper()
	return target.start(t, engine.CreateSpec{Image: "idle:1", Command: []string{"sh", "-c", script}})
}

func (target Target) logs(t *testing.T, made string, options engine.LogsOptions) string {
	t.Helper()
	var out bytes.Buffer
	if err := target.Client.ContainerLogs(within(t), &out, made, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func logs(t *testing.T, target Target) {
	made := target.shell(t, "echo one; echo two >&2; echo three")
	if err := target.Client.WaitForStop(within(t), made); err != nil {
		t.Fatal(err)
	}
	all := target.logs(t, made, engine.LogsOptions{})
	for _, word := range []string{"one\n", "two\n", "three\n"} {
		if !strings.Contains(all, word) {
			t.Errorf("log %q lacks %q", all, word)
		}
	}
	if len(all) != len("one\ntwo\nthree\n") {
		t.Errorf("log %q", all)
	}
	if got := target.logs(t, made, engine.LogsOptions{ShowStderr: true}); got != "two\n" {
		t.Errorf("stderr %q", got)
	}
	if got := target.logs(t, made, engine.LogsOptions{Tail: "1"}); strings.Count(got, "\n") != 1 {
		t.Errorf("tail %q", got)
	}
	if got := target.logs(t, made, engine.LogsOptions{Since: "10m", Until: "5m"}); got != "" {
		t.Errorf("five minutes ago %q", got)
	}
	stamped := target.logs(t, made, engine.LogsOptions{ShowStdout: true, Timestamps: true})
	stamp, _, _ := strings.Cut(stamped, " ")
	if at, err := time.Parse(time.RFC3339Nano, stamp); err != nil || time.Since(at) > patience {
		t.Errorf("timestamps %q: %v", stamped, err)
	}
	err := target.Client.ContainerLogs(within(t), &bytes.Buffer{}, "suite-no-such", engine.LogsOptions{})
	if !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("log of nothing: %v", err)
	}
}

func logsOfTerminal(t *testing.T, target Target) {
	made := target.ran(t, &container.Config{Tty: true, Cmd: []string{"echo", "plain"}}, nil)
	if got := target.logs(t, made, engine.LogsOptions{}); strings.TrimSpace(got) != "plain" {
		t.Errorf("log %q", got)
	}
}

// logsWithDetails: Docker's log driver keeps beside each line what its options name, Podman's nothing.
func logsWithDetails(t *testing.T, target Target) {
	config := &container.Config{
		Env: []string{"COLOUR=dark red", "OTHER=1"}, Labels: map[string]string{"site": "b,1"}, Cmd: []string{"echo", "one"},
	}
	driver := container.LogConfig{Type: "json-file", Config: map[string]string{"env": "COLOUR", "labels": "site"}}
	made := target.ran(t, config, &container.HostConfig{LogConfig: driver})
	want := "COLOUR=dark+red,site=b%2C1 one\n"
	if target.Client.IsPodman() {
		want = "one\n"
	}
	if got := target.logs(t, made, engine.LogsOptions{}); got != "one\n" {
		t.Errorf("log %q", got)
	}
	if got := target.logs(t, made, engine.LogsOptions{Details: true}); got != want {
		t.Errorf("with details %q, want %q", got, want)
	}
	stamped := target.logs(t, made, engine.LogsOptions{Details: true, Timestamps: true})
	if _, got, _ := strings.Cut(stamped, " "); got != want {
		t.Errorf("with timestamps %q, want %q behind them", stamped, want)
	}
}

// ran makes a container by Docker's API and waits for its end.
func (target Target) ran(t *testing.T, config *container.Config, host *container.HostConfig) string {
	t.Helper()
	made := name(t, "")
	target.remove(t, made)
	config.Image = target.Image("idle:1")
	if _, err := target.Client.Client.ContainerCreate(within(t), config, host, nil, nil, made); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.StartContainer(within(t), made); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.WaitForStop(within(t), made); err != nil {
		t.Fatal(err)
	}
	return made
}

func logsFollow(t *testing.T, target Target) {
	made := target.shell(t, "echo begin; sleep 1; echo end")
	if got := target.logs(t, made, engine.LogsOptions{Follow: true}); got != "begin\nend\n" {
		t.Errorf("log %q", got)
	}
	made = target.start(t, engine.CreateSpec{Name: name(t, "-idle"), Image: "idle:1"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := target.Client.ContainerLogs(ctx, &bytes.Buffer{}, made, engine.LogsOptions{Follow: true})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("follow ended with %v", err)
	}
}

// needLimits skips what an engine without rights can neither measure nor limit with cgroups of version 1.
func (target Target) needLimits(t *testing.T) {
	t.Helper()
	info, err := target.Client.Client.Info(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if target.Rootless && info.CgroupVersion == "1" {
		t.Skip("cgroups of version 1 are root's")
	}
}

func stats(t *testing.T, target Target) {
	target.needLimits(t)
	idle := target.start(t, engine.CreateSpec{Image: "idle:1", Memory: 64 << 20})
	stopped := target.create(t, engine.CreateSpec{Name: name(t, "-stopped"), Image: "idle:1"})
	all := target.Client.StatsAll(within(t), []string{idle, stopped, "suite-no-such"})
	s := all[0].GetStatistics()
	if err := all[0].GetError(); err != nil || s.IsInvalid {
		t.Fatalf("stats: %v", err)
	}
	if s.MemoryLimit != 64<<20 || s.Memory <= 0 || s.Memory > 32<<20 || s.PidsCurrent == 0 {
		t.Errorf("stats %+v", s)
	}
	if want := s.Memory / s.MemoryLimit * 100; s.MemoryPercentage != want {
		t.Errorf("memory %f %%, want %f %%", s.MemoryPercentage, want)
	}
	if s.CPUPercentage < 0 || s.CPUPercentage > 50 {
		t.Errorf("an idle container takes %f %% CPU", s.CPUPercentage)
	}
	if s.Container != idle || s.Name != idle || s.ID != target.state(t, idle).ID {
		t.Errorf("names %+v", s)
	}
	if err := all[1].GetError(); !errors.Is(err, engine.ErrConflict) {
		t.Errorf("stats of a stopped container: %v", err)
	}
	if _, err := target.Client.GetStats(within(t), "suite-no-such"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("stats of nothing: %v", err)
	}
}

func statsOfBusy(t *testing.T, target Target) {
	target.needLimits(t)
	// A loop takes what the machine has left, which may be little, and at most one CPU.
	made := target.shell(t, "while :; do :; done")
	for range 2 { // the first and the remembered way
		message, err := target.Client.GetStats(within(t), made)
		if err != nil {
			t.Fatal(err)
		}
		if cpu := message.Container.Cpu.Value; cpu < 1 || cpu > 115 {
			t.Errorf("a busy loop takes %f %% CPU", cpu)
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}

func restartCount(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "crashloop:1", Restart: "always"})
	ctx := within(t)
	for {
		n, err := target.Client.GetRestartCount(ctx, made)
		if err != nil {
			t.Fatalf("after %d restarts: %v", n, err)
		}
		if n >= 2 {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// outOfMemory: the engine says that the kernel ended a container, and Docker says it as an event, too.
func outOfMemory(t *testing.T, target Target) {
	target.needLimits(t)
	stream := target.follow(t)
	made := target.create(t, engine.CreateSpec{
		Image: "idle:1", Command: []string{"tail", "/dev/zero"}, Memory: 16 << 20, // tail keeps what has no line end
	})
	id := target.state(t, made).ID
	if err := target.Client.StartContainer(within(t), made); err != nil {
		t.Fatal(err)
	}
	got := actions(until(t, stream, id, engine.ActionDie))
	if !target.Client.IsPodman() && !slices.Contains(got, engine.ActionOOM) {
		t.Errorf("events %v", got)
	}
	missed := target.Client.IsPodman() && strings.HasPrefix(target.Client.Engine.Version, "4.") // see engine.State
	if state := target.state(t, made); state.ExitCode != 137 || !state.OOMKilled && !missed {
		t.Errorf("state %+v", state)
	}
}
