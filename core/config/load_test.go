package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// folder writes files (name -> text) and returns the path of edged.yaml there.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "edged.yaml")
}

func load(t *testing.T, src Source) (Config, Origins) {
	t.Helper()
	cfg, origins, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, origins
}

func TestDefaults(t *testing.T) {
	cfg, origins := load(t, Source{File: folder(t, map[string]string{"edged.yaml": ""})})
	if !slices.Equal(cfg.MQTT.URLs, []string{"tcp://127.0.0.1:1883"}) || cfg.Policy.Deadline != 250*time.Millisecond || cfg.Pull.Attempts != 3 {
		t.Errorf("defaults did not arrive: %+v", cfg)
	}
	if want := []string{"tedge.ignore"}; !reflect.DeepEqual(cfg.Filter.ExcludeLabels, want) {
		t.Errorf("filter.exclude_labels = %q, want %q", cfg.Filter.ExcludeLabels, want)
	}
	for _, s := range origins {
		if s.Origin != "default" {
			t.Errorf("%s comes from %q, want default", s.Key, s.Origin)
		}
	}
}

// One broker needs no list; several are a list, or a text with commas.
func TestBrokers(t *testing.T) {
	for text, want := range map[string][]string{
		"url: mqtts://a":          {"mqtts://a"},
		"url: a:8883":             {"a:8883"},
		"url: [a, tcp://b]":       {"a", "tcp://b"},
		"url: 'tcp://a, ssl://b'": {"tcp://a", "ssl://b"},
	} {
		cfg, _ := load(t, Source{File: folder(t, map[string]string{"edged.yaml": "mqtt: {" + text + "}\n"})})
		if !slices.Equal(cfg.MQTT.URLs, want) {
			t.Errorf("%s: %q, want %q", text, cfg.MQTT.URLs, want)
		}
	}
}

func TestLaterSourcesWin(t *testing.T) {
	file := folder(t, map[string]string{
		"edged.yaml":          "mqtt:\n  root: file\n  user: file\nservice:\n  name: file\nlog:\n  level: warn\npolicy:\n  dirs: [/a, /b]\n",
		"conf.d/20-b.yaml":    "mqtt: {root: second, user: second}\nservice: {name: second}\n",
		"conf.d/10-a.yaml":    "mqtt: {root: first}\n",
		"conf.d/30-not.yml":   "nonsense: true\n",
		"conf.d/.hidden.yaml": "nonsense: true\n",
	})
	cfg, origins := load(t, Source{
		File:    file,
		Environ: []string{"EDGED_MQTT_USER=env", "EDGED_SERVICE_NAME=env", "EDGED_POLICY_DIRS=/c, /d", "HOME=/root"},
		Flags:   map[string]string{"service.name": "flag"},
	})
	got := map[string]string{
		"log.level": cfg.Log.Level, "mqtt.root": cfg.MQTT.Root, "mqtt.user": cfg.MQTT.User,
		"service.name": cfg.Service.Name, "policy.dirs": strings.Join(cfg.Policy.Dirs, ":"),
	}
	want := map[string][2]string{
		"log.level":    {"warn", file + ":7"},
		"mqtt.root":    {"second", filepath.Dir(file) + "/conf.d/20-b.yaml:1"},
		"mqtt.user":    {"env", "EDGED_MQTT_USER"},
		"service.name": {"flag", "--service-name"},
		"policy.dirs":  {"/c:/d", "EDGED_POLICY_DIRS"},
	}
	for key, w := range want {
		if got[key] != w[0] || origins.Of(key) != w[1] {
			t.Errorf("%s = %q from %q, want %q from %q", key, got[key], origins.Of(key), w[0], w[1])
		}
	}
}

func TestMainFileMayBeNamedByVariable(t *testing.T) {
	file := folder(t, map[string]string{"edged.yaml": "state_dir: /data\n"})
	cfg, _ := load(t, Source{Environ: []string{"EDGED_CONFIG=" + file}})
	if cfg.StateDir != "/data" {
		t.Errorf("state_dir = %q, want /data", cfg.StateDir)
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	tests := []struct {
		name, yaml string
		environ    []string
		flags      map[string]string
		want       []string // parts of the message
	}{
		{name: "unknown key", yaml: "mqtt:\n  ulr: x\n", want: []string{"edged.yaml:2: mqtt.ulr: unknown key; did you mean mqtt.url?"}},
		{name: "unknown section", yaml: "\nengin:\n  host: x\n", want: []string{"edged.yaml:2: engin: unknown key"}},
		{name: "key of another section", yaml: "health_gate: 3s\n", want: []string{"edged.yaml:1: health_gate: unknown key; did you mean update.health_gate?"}},
		{name: "all at once", yaml: "a: 1\nb: 2\n", want: []string{":1: a: unknown key", ":2: b: unknown key"}},
		{name: "number for text", yaml: "mqtt:\n  user: 0123\n", want: []string{`:2: mqtt.user: want text (in quotes: "0123"), got a number`}},
		{name: "text for number", yaml: "pull:\n  attempts: many\n", want: []string{":2: pull.attempts: want a whole number, got text"}},
		{name: "huge number", yaml: "pull:\n  attempts: 99999999999999999999\n", want: []string{":2: pull.attempts: want a whole number"}},
		{name: "number for duration", yaml: "update:\n  health_gate: 60\n", want: []string{":2: update.health_gate: want a duration with its unit"}},
		{name: "negative duration", yaml: "update:\n  stable_for: -1s\n", want: []string{":2: update.stable_for: want a duration of at least 0s"}},
		{name: "text for list", yaml: "policy:\n  dirs: /a\n", want: []string{":2: policy.dirs: want a list such as [a, b], got text"}},
		{name: "list of numbers", yaml: "policy:\n  dirs:\n    - /a\n    - 1\n", want: []string{":3: policy.dirs: want a list of texts, got a number at line 4"}},
		{name: "text for section", yaml: "mqtt: localhost\n", want: []string{":1: mqtt: want a section of keys, got text"}},
		{name: "list for file", yaml: "- a\n", want: []string{":1: want a section of keys, got a list"}},
		{name: "twice", yaml: "log:\n  level: info\n  level: warn\n", want: []string{":3: log.level: given twice"}},
		{name: "choice", yaml: "log:\n  level: loud\n", want: []string{`:2: log.level: want debug, info, warn or error, got "loud"`}},
		{name: "two documents", yaml: "state_dir: /a\n---\nstate_dir: /b\n", want: []string{"want one document"}},
		{name: "broken", yaml: "mqtt:\n  url: [a\n user: b\n", want: []string{"edged.yaml:2: broken YAML: did not find expected ',' or ']'"}},
		{name: "broken first line", yaml: "mqtt: [a\n", want: []string{"edged.yaml:2: broken YAML"}},
		{name: "no colon", yaml: "log:\n  level: info\nmqtt\n", want: []string{"edged.yaml:3: broken YAML: could not find expected ':'"}},
		{name: "indented wrongly", yaml: "log:\n  level: info\n format: json\n", want: []string{"edged.yaml:3: broken YAML: did not find expected key"}},
		{name: "no anchor", yaml: "log:\n  level: *a\n", want: []string{"edged.yaml:2: broken YAML: unknown anchor 'a' referenced"}},
		{name: "control character", yaml: "log:\n  level: \x01\n", want: []string{"edged.yaml:2: broken YAML: control characters are not allowed"}},
		{name: "not UTF-8", yaml: "log:\n  level: \xff\n", want: []string{"edged.yaml:2: broken YAML: ", "UTF-8"}},
		{name: "tab", yaml: "mqtt:\n\turl: a\n", want: []string{"edged.yaml:2: broken YAML: found character that cannot start any token"}},
		{name: "broken second document", yaml: "state_dir: /a\n---\n[\n", want: []string{"broken YAML"}},
		{name: "secret stays secret", yaml: "mqtt:\n  password: 4711\n", want: []string{":2: mqtt.password: want text in quotes, got a number"}},
		{name: "broker", yaml: "mqtt:\n  url: http://x\n", want: []string{":2: mqtt.url: want tcp://"}},
		{name: "no broker", yaml: "mqtt:\n  url: []\n", want: []string{":2: mqtt.url: must not be empty"}},
		{name: "user in URL", yaml: "mqtt:\n  url: tcp://a:4711@x\n", want: []string{"mqtt.url: takes no user and password"}},
		{name: "relative", yaml: "state_dir: here\n", want: []string{`:1: state_dir: want an absolute path, got "here"`}},
		{name: "long socket", yaml: "api:\n  socket: /" + strings.Repeat("x", 200) + "\n", want: []string{"api.socket: want at most 106 bytes"}},
		{name: "topic", yaml: "device:\n  topic_id: main\n", want: []string{"device.topic_id: want four segments"}},
		{name: "wildcard", yaml: "mqtt:\n  root: te/+\n", want: []string{"mqtt.root: want a topic segment"}},
		{name: "expression", yaml: "filter:\n  exclude_names: ['(']\n", want: []string{":2: filter.exclude_names: error parsing regexp"}},
		{name: "keepalive", yaml: "mqtt:\n  keepalive: 1500ms\n", want: []string{"mqtt.keepalive: want whole seconds, got 1.5s"}},
		{name: "variable", environ: []string{"EDGED_MQTT_ULR=x"}, want: []string{"EDGED_MQTT_ULR: unknown variable; did you mean EDGED_MQTT_URL?"}},
		{name: "variable's type", environ: []string{"EDGED_UPDATE_PARALLEL=two"}, want: []string{`EDGED_UPDATE_PARALLEL: update.parallel: want a whole number, got "two"`}},
		{name: "flag's type", flags: map[string]string{"update.health_gate": "60"}, want: []string{`--update-health-gate: update.health_gate: want a duration`}},
		{name: "two passwords", yaml: "mqtt:\n  password: a\n  password_file: /b\n", want: []string{":3: mqtt.password_file: is set beside mqtt.password (", ":2)"}},
		{name: "certificate without key", yaml: "mqtt:\n  cert_file: /a\n", want: []string{":2: mqtt.cert_file: needs mqtt.key_file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := folder(t, map[string]string{"edged.yaml": tt.yaml})
			_, _, err := Load(Source{File: file, Environ: tt.environ, Flags: tt.flags})
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(strings.ReplaceAll(err.Error(), file, ""), "4711") { // the folder's name is a number
				t.Errorf("error %q gives the secret away", err)
			}
		})
	}
}

func TestNamedFileMustExist(t *testing.T) {
	_, _, err := Load(Source{File: "/nowhere/edged.yaml"})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/edged.yaml") {
		t.Errorf("error = %v, want one that names the file", err)
	}
}

func TestNothingIsTheDefault(t *testing.T) {
	cfg, _ := load(t, Source{File: folder(t, map[string]string{"edged.yaml": "mqtt:\nlog:\n  level:\nupdate:\n  stop_timeout: 0\n"})})
	if cfg.Log.Level != "info" || cfg.MQTT.Root != "te" || cfg.Update.StopTimeout != 0 {
		t.Errorf("an empty section or key changed a default: %+v", cfg)
	}
}

func TestAnchors(t *testing.T) {
	text := "device:\n  topic_id: &id device/child01//\nservice:\n  name: x\npolicy:\n  dirs: &dirs [/a]\nfilter:\n  exclude_names: *dirs\n"
	cfg, _ := load(t, Source{File: folder(t, map[string]string{"edged.yaml": text})})
	if !reflect.DeepEqual(cfg.Filter.ExcludeNames, []string{"/a"}) {
		t.Errorf("filter.exclude_names = %q, want what the anchor holds", cfg.Filter.ExcludeNames)
	}
}

func TestSecretIsMasked(t *testing.T) {
	cfg, origins := load(t, Source{File: folder(t, map[string]string{"edged.yaml": "mqtt: {password: hunter2}\n"})})
	for _, s := range origins {
		if s.Key == "mqtt.password" && s.Value != "********" {
			t.Errorf("mqtt.password is shown as %v", s.Value)
		}
	}
	if got, err := cfg.MQTT.Secret(); got != "hunter2" || err != nil {
		t.Errorf("Secret() = %q, %v", got, err)
	}
}

func TestSecretFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\r\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := (MQTT{PasswordFile: file}).Secret(); got != "hunter2" || err != nil {
		t.Errorf("Secret() = %q, %v, want the first line", got, err)
	}
	if _, err := (MQTT{PasswordFile: file + "x"}).Secret(); err == nil || !strings.Contains(err.Error(), file+"x") {
		t.Errorf("Secret() without the file: %v, want an error that names it", err)
	}
}

func TestHugeFileIsRefused(t *testing.T) {
	file := folder(t, map[string]string{"edged.yaml": "#" + strings.Repeat("x", fileMax)})
	if _, _, err := Load(Source{File: file}); err == nil || !strings.Contains(err.Error(), "at most 1048576 bytes") {
		t.Errorf("error = %v, want one about the size", err)
	}
}

// A switch is written as YAML has it, or as text.
func TestSwitches(t *testing.T) {
	for text, want := range map[string]bool{"false": false, "true": true, `"false"`: false} {
		cfg, _ := load(t, Source{File: folder(t, map[string]string{"edged.yaml": "service: {use_module_name: " + text + "}\n"})})
		if cfg.Service.UseModuleName != want {
			t.Errorf("%s is %t", text, cfg.Service.UseModuleName)
		}
	}
}
