package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
)

// patience bounds every wait. It is long, because the machine may be busy; what takes that long has failed.
const patience = 2 * time.Minute

// edged is a daemon under test, with a folder, a socket, topics and names of containers of its own.
type edged struct {
	t        *testing.T
	lab      *lab.Env
	engine   lab.Engine
	prefix   string // of its containers' names, and the root of its topics; it leaves all other containers alone
	dir      string
	binary   string
	settings map[string]any // of its file, by dotted key
	environ  []string       // NAME=value
	flags    []string       // of edged run
	network  string         // name of the network namespace that it runs in; empty: the machine's
	ear      *lab.Subscription
	journal  *journal
	process  *exec.Cmd
	exited   chan struct{} // closed when process has been waited for
}

// newEdged prepares a daemon for the engine; settings and scripts can be changed until it is started.
func newEdged(t *testing.T, engine lab.Engine) *edged {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "edged-e2e-") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	env, prefix := lab.Shared(t), lab.Name(t, "e2e")
	e := &edged{t: t, lab: env, engine: engine, prefix: prefix, dir: dir, binary: binary, journal: &journal{}}
	e.settings = map[string]any{
		"engine.host": engine.Host, "engine.retry_interval": "100ms",
		"mqtt.url": env.MQTTURL, "mqtt.root": prefix, "mqtt.client_id": prefix,
		"policy.dirs": []string{e.path("policy.d")},
		"api.socket":  e.path("sock"), "api.group": "",
		"state_dir":            e.path("state"),
		"update.stable_for":    "1s",
		"update.health_gate":   patience.String(),
		"pull.attempts":        1,
		"log.format":           "text",
		"filter.exclude_names": []string{allBut(prefix)},
	}
	t.Cleanup(e.close)
	return e
}

func (e *edged) path(name string) string { return filepath.Join(e.dir, name) }

// script writes a policy script.
func (e *edged) script(name, text string) {
	e.t.Helper()
	if err := os.MkdirAll(e.path("policy.d"), 0o755); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.path("policy.d"), name), []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

// start runs the daemon and waits until it has reached engine and broker.
func (e *edged) start() {
	e.t.Helper()
	if e.ear == nil {
		e.ear = lab.Subscribe(e.t, e.settings["mqtt.url"].(string), e.prefix+"/#")
	}
	since := time.Now()
	e.launch()
	e.journal.wait(e.t, "connected to the engine")
	eventually(e.t, "edged to be ready", func() bool { return e.status().Engine.Connected })
	e.hears(since, e.topic("edged", "status", "health"), `"up"`)
}

// launch runs the daemon and waits for nothing.
func (e *edged) launch() {
	e.t.Helper()
	e.writeFile()
	e.journal = newJournal()
	e.process = e.command(append([]string{"run"}, e.flags...)...)
	e.process.Stderr = e.journal
	if err := e.process.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.exited = make(chan struct{})
	go func() {
		_ = e.process.Wait() // how it ended is in ProcessState
		close(e.exited)
	}()
}

// writeFile writes the settings as YAML, of which JSON is a part.
func (e *edged) writeFile() {
	e.t.Helper()
	tree := map[string]any{}
	for key, value := range e.settings {
		section, name, nested := strings.Cut(key, ".")
		if !nested {
			tree[key] = value
			continue
		}
		if tree[section] == nil {
			tree[section] = map[string]any{}
		}
		tree[section].(map[string]any)[name] = value
	}
	text, err := json.MarshalIndent(tree, "", " ")
	if err == nil {
		err = os.WriteFile(e.path("edged.yaml"), text, 0o644)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// command is the command line with the daemon's file. The lab's variables look like edged's own and are kept from it.
func (e *edged) command(args ...string) *exec.Cmd {
	args = append([]string{e.binary, "--config", e.path("edged.yaml")}, args...)
	if e.network != "" {
		args = append([]string{"ip", "netns", "exec", e.network}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "EDGED_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, e.environ...)
	return cmd
}

// stop ends the daemon as an init system would, and returns its exit code.
func (e *edged) stop() int {
	e.t.Helper()
	_ = e.process.Process.Signal(syscall.SIGTERM)
	return e.wait()
}

// kill ends the daemon as a power cut would.
func (e *edged) kill() {
	e.t.Helper()
	if err := e.process.Process.Kill(); err != nil {
		e.t.Fatal(err)
	}
	e.wait()
}

// wait returns the exit code of the daemon once it has ended.
func (e *edged) wait() int {
	e.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-e.exited:
		return e.process.ProcessState.ExitCode()
	case <-timeout.C:
		e.t.Fatalf("edged has not ended within %s; it logged:\n%s", patience, e.journal)
		return -1
	}
}

// close ends what is left of the test, and shows the log of a failed one.
func (e *edged) close() {
	if e.process != nil {
		if err := e.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			e.t.Error(err)
		}
		<-e.exited
	}
	if e.t.Failed() {
		e.t.Logf("edged logged:\n%s", e.journal)
	}
	e.removeContainers()
	if err := os.RemoveAll(e.dir); err != nil {
		e.t.Error(err)
	}
}
