package qemu

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
)

// patience bounds every wait. It is long, because emulation is slow and the machine may be busy.
const patience = 2 * time.Minute

// The emulated edged watches this machine's real engine, updates a container there, and reports to a real broker.
func TestRealEngine(t *testing.T) {
	env := lab.Shared(t)
	engine := env.Engines()[0]
	each(t, func(t *testing.T, p processor) {
		name := lab.Name(t, p.arch)
		ear := lab.Subscribe(t, env.MQTTURL, name+"/#")
		config := settings(t, map[string]any{
			"engine": map[string]any{"host": engine.Host},
			"mqtt":   map[string]any{"url": env.MQTTURL, "root": name, "client_id": name},
			"update": map[string]any{"stable_for": "1s"},
			"filter": map[string]any{"exclude_names": []string{others(name)}},
		})
		program := binary(t, p.arch)
		engine.RunContainer(t, name, env.Image("web:1"))
		run(t, p.command(program, "run", "--config", config))
		ear.WaitTopic(t, patience, name+"/device/main/service/"+name+"/status/health", "up")

		out, err := p.command(program, "ps", "--config", config, "-o", "json").CombinedOutput()
		if err != nil || strings.Count(string(out), `"name"`) != 1 || !strings.Contains(string(out), name) {
			t.Errorf("ps: %v\n%s", err, out)
		}
		out, err = p.command(program, "update", name, env.Image("web:2"), "--config", config).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "outage") {
			t.Errorf("update: %v\n%s", err, out)
		}
		if got := engine.Run(t, "inspect", "-f", "{{.Config.Image}} {{.State.Running}}", name); strings.TrimSpace(got) != env.Image("web:2")+" true" {
			t.Errorf("after the update the engine has %s", got)
		}
	})
}

// settings writes a configuration with a socket and a state of its own.
func settings(t *testing.T, more map[string]any) (file string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "edged-qemu-") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	all := map[string]any{
		"api": map[string]any{"socket": filepath.Join(dir, "sock"), "group": ""}, "state_dir": filepath.Join(dir, "state"),
		"policy": map[string]any{"dirs": []string{}}, "log": map[string]any{"format": "text"},
	}
	for k, v := range more {
		all[k] = v
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "edged.yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// others is an expression for all names of this form but the one.
func others(name string) string {
	var all []string
	for i := range name {
		all = append(all, name[:i]+"([^"+name[i:i+1]+"].*)?")
	}
	return strings.Join(append(all, name+".+"), "|")
}

// run starts a daemon, which must end in peace when the test does.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("edged ended: %v", err)
			}
		case <-time.After(2 * time.Minute):
			_ = cmd.Process.Kill()
			<-ended
			t.Error("edged did not end")
		}
		if t.Failed() {
			t.Logf("edged logged:\n%s", log.String())
		}
	})
}
