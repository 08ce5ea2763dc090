package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The later source is the stronger: file, variable, flag.
func TestPrecedence(t *testing.T) {
	for _, tt := range []struct {
		name, want      string
		environ, flags  []string
		file, fragments string
	}{
		{name: "file", file: "from-file", want: "from-file"},
		{name: "conf.d", file: "from-file", fragments: "service: {name: from-fragment}\n", want: "from-fragment"},
		{name: "variable", file: "from-file", fragments: "service: {name: from-fragment}\n", environ: []string{"EDGED_SERVICE_NAME=from-variable"}, want: "from-variable"},
		{name: "flag", file: "from-file", environ: []string{"EDGED_SERVICE_NAME=from-variable"}, flags: []string{"--service-name", "from-flag"}, want: "from-flag"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := onDocker(t)
			e.settings["service.name"] = tt.file
			e.environ, e.flags = tt.environ, tt.flags
			if tt.fragments != "" {
				e.writeFragment(tt.fragments)
			}
			e.relisten()
			e.launch()
			e.hears(time.Time{}, e.topic(tt.want, "status", "health"), `"up"`)
			if tt.flags == nil {
				has(t, "edged config", e.cli(0, "config").out, tt.want)
			}
		})
	}
}

func (e *edged) writeFragment(text string) {
	e.t.Helper()
	if err := os.Mkdir(e.path("conf.d"), 0o755); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(e.path("conf.d/10-test.yaml"), []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

// Variables alone are enough, for the daemon and for the command line.
func TestVariablesAlone(t *testing.T) {
	e := onDocker(t)
	e.script("10-deny.lua", `edged.before("stop", function() return edged.deny("by variable") end)`)
	e.environ = []string{
		"EDGED_ENGINE_HOST=" + e.engine.Host, "EDGED_STATE_DIR=" + e.path("state"), "EDGED_MQTT_URL=" + e.lab.MQTTURL,
		"EDGED_MQTT_ROOT=" + e.prefix, "EDGED_MQTT_CLIENT_ID=" + e.prefix, "EDGED_POLICY_DIRS=" + e.path("nowhere") + "," + e.path("policy.d"),
		"EDGED_API_SOCKET=" + e.path("other.sock"), "EDGED_API_GROUP=", "EDGED_FILTER_EXCLUDE_NAMES=" + allBut(e.prefix),
	}
	e.relisten()
	e.settings = map[string]any{}
	e.launch()
	e.hears(time.Time{}, e.topic("edged", "status", "health"), `"up"`)
	e.journal.wait(t, "connected to the engine")
	name := e.run("idle", e.lab.Image("idle"))
	e.hears(time.Time{}, e.topic(name, "status", "health"), `"up"`)
	has(t, "the denial", e.cli(10, "stop", name).out, "by variable")
	if s := e.status(); s.Engine.Host != e.engine.Host || s.MQTT.URL != e.lab.MQTTURL {
		t.Errorf("status %+v", s)
	}
}

// The engine is found as other tools find it.
func TestEngineOfTheEnvironment(t *testing.T) {
	t.Run("DOCKER_HOST", func(t *testing.T) {
		e := onDocker(t)
		e.environ = []string{"DOCKER_HOST=" + e.engine.Host, "CONTAINER_HOST=unix:///nowhere"}
		e.findsEngine()
	})
	t.Run("CONTAINER_HOST", func(t *testing.T) {
		e := onDocker(t)
		e.environ = []string{"CONTAINER_HOST=" + e.engine.Host}
		e.findsEngine()
	})
	t.Run("engine.host is stronger", func(t *testing.T) {
		e := onDocker(t)
		e.environ = []string{"DOCKER_HOST=unix:///nowhere", "EDGED_ENGINE_HOST=" + e.engine.Host}
		e.findsEngine()
	})
}

func (e *edged) findsEngine() {
	e.t.Helper()
	delete(e.settings, "engine.host")
	e.launch()
	e.journal.wait(e.t, "connected to the engine", e.engine.Host)
}

// A bad configuration ends the start, and says where and what.
func TestBadConfiguration(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		environ    []string
		flags      []string
		says       []string
	}{
		{name: "broken YAML", file: "mqtt:\n  url: tcp://127.0.0.1\n engine: {\n", says: []string{"edged.yaml:3:", "broken YAML"}},
		{name: "unknown key", file: "mqtt:\n  ulr: tcp://127.0.0.1\n", says: []string{"edged.yaml:2:", "mqtt.ulr", "did you mean mqtt.url?"}},
		{name: "wrong type", file: "state_dir: /tmp\nupdate:\n  parallel: many\n", says: []string{"edged.yaml:3:", "update.parallel", "whole number"}},
		{name: "bad duration", file: "update:\n  health_gate: soon\n", says: []string{"edged.yaml:2:", "update.health_gate"}},
		{name: "several", file: "state_dir: 3\nlog: {level: loud}\n", says: []string{"edged.yaml:1:", "edged.yaml:2:", "log.level"}},
		{name: "unknown variable", environ: []string{"EDGED_ENGIN_HOST=x"}, says: []string{"EDGED_ENGIN_HOST", "EDGED_ENGINE_HOST"}},
		{name: "wrong variable", environ: []string{"EDGED_UPDATE_PARALLEL=two"}, says: []string{"EDGED_UPDATE_PARALLEL", "update.parallel", `"two"`}},
		{name: "wrong flag", flags: []string{"--update-stop-timeout", "1ms"}, says: []string{"--update-stop-timeout", "whole seconds"}},
		{name: "missing password file", file: "mqtt: {user: a, password_file: /nowhere/password}\n", says: []string{"/nowhere/password"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := onDocker(t)
			e.environ = tt.environ
			if err := os.WriteFile(e.path("edged.yaml"), []byte(tt.file), 0o644); err != nil {
				t.Fatal(err)
			}
			said := e.cli(78, append([]string{"run"}, tt.flags...)...)
			has(t, "the error", said.err, tt.says...)
		})
	}
}

func TestMissingFileThatWasNamed(t *testing.T) {
	e := onDocker(t)
	has(t, "the error", e.cli(78, "run").err, e.path("edged.yaml"))
}

// Two daemons on one socket would be one too many; the first goes on.
func TestSecondDaemon(t *testing.T) {
	e := onDocker(t)
	e.start()
	if said := e.cli(1, "run").err; !strings.Contains(said, e.path("sock")) {
		t.Errorf("the second edged said %s", said)
	}
	e.cli(0, "status")
}

func TestNoDaemon(t *testing.T) {
	e := onDocker(t)
	e.writeFile()
	has(t, "the error", e.cli(69, "ps").err, "not running", e.path("sock"))
}
