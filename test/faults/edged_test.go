package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edged/core/api"
	"edged/core/request"
	"edged/test/lab"
)

// edged is a daemon behind a proxy, that minds the containers whose names begin with its own.
type edged struct {
	t        *testing.T
	machine  *machine
	name     string // of its container, and the root of its topics
	dir      string
	binary   string
	settings map[string]any
	proxy    *proxy
	ear      *lab.Subscription
	log      *os.File
	process  *exec.Cmd
	exited   chan struct{}
}

// names numbers the containers of all tests, with as many digits each.
var names atomic.Int64

func newEdged(t *testing.T, m *machine) *edged {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "edged-faults-") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("c%04d", names.Add(1))
	root := lab.Name(t, name)
	e := &edged{t: t, machine: m, name: name, dir: dir, binary: binary, log: log}
	e.proxy = newProxy(t, m, e.path("engine.sock"))
	e.settings = map[string]any{
		"engine": map[string]any{"host": "unix://" + e.proxy.path, "retry_interval": "100ms"},
		"mqtt":   map[string]any{"url": m.env.MQTTURL, "root": root, "client_id": root},
		"policy": map[string]any{"dirs": []string{}},
		"api":    map[string]any{"socket": e.path("sock"), "group": ""},
		"update": map[string]any{"stable_for": "300ms", "health_gate": "20s"},
		"pull":   map[string]any{"attempts": 1},
		"filter": map[string]any{"exclude_names": []string{others(name)}},
		"log":    map[string]any{"format": "text"}, "state_dir": e.path("state"),
	}
	e.ear = lab.Subscribe(t, m.env.MQTTURL, root+"/#")
	t.Cleanup(e.close)
	return e
}

// others is an expression for all names of this form but those that begin with name.
func others(name string) string {
	var all []string
	for i := range name {
		all = append(all, fmt.Sprintf("%s[^%c].*", name[:i], name[i]))
	}
	return strings.Join(all, "|")
}

func (e *edged) path(name string) string { return filepath.Join(e.dir, name) }

// section is a part of the settings.
func (e *edged) section(name string) map[string]any { return e.settings[name].(map[string]any) }

// start runs the daemon and waits until it has said that it is up.
func (e *edged) start() {
	e.t.Helper()
	text, err := json.Marshal(e.settings)
	if err == nil {
		err = os.WriteFile(e.path("edged.yaml"), text, 0o644)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	since := time.Now()
	e.process = e.command("run")
	e.process.Stderr = e.log
	if err := e.process.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		_ = process.Wait() // how it ended is in ProcessState
		close(exited)
	}(e.process, e.exited)
	e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
		return strings.HasSuffix(m.Topic, "/edged/status/health") && strings.Contains(m.Payload, `"up"`) && m.At.After(since)
	})
}

// kill ends the daemon as a power cut would.
func (e *edged) kill() {
	_ = e.process.Process.Kill() // it may be dead already
	<-e.exited
}

// command is the command line with the daemon's file. The lab's variables look like edged's own and are kept from it.
func (e *edged) command(args ...string) *exec.Cmd {
	cmd := exec.Command(e.binary, append([]string{"--config", e.path("edged.yaml")}, args...)...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "EDGED_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// cli runs the command line and returns its exit code and the results that it printed as JSON.
func (e *edged) cli(args ...string) (code int, results []request.Result, said string) {
	cmd := e.command(append([]string{"--output", "json"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		e.t.Error(err)
	}
	for lines := json.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		var line api.Line
		if err := lines.Decode(&line); err != nil {
			return cmd.ProcessState.ExitCode(), results, out.String() + errs.String()
		}
		if line.Result != nil {
			results = append(results, *line.Result)
		}
	}
}

// update asks for an update on the command line, and returns its one result.
func (e *edged) update(args ...string) request.Result {
	e.t.Helper()
	_, results, said := e.cli(append([]string{"update"}, args...)...)
	if len(results) != 1 {
		e.t.Fatalf("update %s: no result:\n%s", args, said)
	}
	return results[0]
}

// topic is where a command stands.
func (e *edged) topic(id string) string {
	root := e.section("mqtt")["root"].(string)
	return root + "/device/main/service/edged/cmd/update/" + id
}

// send asks for an update over MQTT, retained as a mapper does.
func (e *edged) send(id string, command map[string]any) {
	e.t.Helper()
	command["status"], command["container"] = "init", e.name
	text, err := json.Marshal(command)
	if err != nil {
		e.t.Fatal(err)
	}
	lab.Publish(e.t, e.machine.env.MQTTURL, e.topic(id), string(text), true)
}

// status is what edged says of a command.
type status struct {
	Status, Reason, Outcome string
	RolledBack              bool
}

// final is whether m is the end of a command.
func (e *edged) final(id string, m lab.Message) bool {
	return m.Topic == e.topic(id) && (strings.Contains(m.Payload, `"status":"successful"`) || strings.Contains(m.Payload, `"status":"failed"`))
}

// ended waits for the end of a command, and checks that the broker keeps it.
func (e *edged) ended(id string) status {
	e.t.Helper()
	m := e.ear.WaitFor(e.t, patience, func(m lab.Message) bool { return e.final(id, m) })
	var s status
	if err := json.Unmarshal([]byte(m.Payload), &s); err != nil {
		e.t.Fatal(err)
	}
	if kept := lab.Retained(e.t, e.machine.env.MQTTURL, e.topic(id)); kept != m.Payload {
		e.t.Errorf("the command ended as %s\nbut the broker keeps %s", m.Payload, kept)
	}
	lab.Publish(e.t, e.machine.env.MQTTURL, e.topic(id), "", true)
	return s
}

// close ends what is left of the test, and shows the log of a failed one.
func (e *edged) close() {
	if e.process != nil {
		e.kill()
	}
	if text, err := os.ReadFile(e.log.Name()); err == nil && e.t.Failed() {
		e.t.Logf("edged logged:\n%s", tail(string(text), 100))
	}
	e.log.Close()
	if err := os.RemoveAll(e.dir); err != nil {
		e.t.Error(err)
	}
}

func tail(text string, lines int) string {
	all := strings.SplitAfter(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}
