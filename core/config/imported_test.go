package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const peersFile = `# as it is shipped
log_level = "info"
service_name = "tedge-container-plugin"
data_dir = ["/data/tedge-container-plugin"]
[filter.include]
names = [ ]
labels = ["a", "b=c"]
[filter.exclude]
names = [ "^buildx.*", "test", "^a$", "^x|y" ]
[client]
key = "KEY"
cert_file = "/nowhere/local-tedge.crt"
  [client.mqtt]
  host = "broker.local"
  port = 0
[container]
#host = "unix:///run/podman/podman.sock"
alwayspull = false
crash_loop_threshold = 3
[metrics]
enabled = false
interval = "300s"
[container_group]
use_module_name = false
[registry]
credentials_path = "/data/credentials.toml"
[metric]
interval = 7
`

func importText(t *testing.T, text string) (yaml, warnings, file string) {
	t.Helper()
	dir := t.TempDir()
	file, key := filepath.Join(dir, "peer.toml"), filepath.Join(dir, "key")
	for name, text := range map[string]string{key: "", file: strings.ReplaceAll(text, "KEY", key)} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	yaml, list, err := Import(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) > 0 {
		warnings = errors.Join(list...).Error()
	}
	return strings.ReplaceAll(yaml, key, "KEY"), strings.ReplaceAll(warnings, file, "FILE"), file
}

func TestImport(t *testing.T) {
	yaml, warnings, _ := importText(t, peersFile)
	want := `mqtt:
  url: ["broker.local"]
  key_file: "KEY"
service:
  name: "tedge-container-plugin"
  use_module_name: "false"
registry:
  logins_file: "/data/credentials.toml"
log:
  level: "info"
telemetry:
  interval: 0s
crash_loop:
  threshold: 3
filter:
  include_labels: ["a", "b=c"]
  include_names: []
  exclude_names: ["^buildx.*", ".*(?:test).*", "^a$", ".*(?:^x|y).*"]
`
	if yaml != want {
		t.Errorf("imported as\n%s\nwant\n%s", yaml, want)
	}
	for _, part := range []string{
		"FILE:4: data_dir: not needed", "FILE:12: client.cert_file: left out: there is no such file on this machine",
		"FILE:18: container.alwayspull: an update always asks", "FILE:22: metrics.interval: left out: metrics.enabled says never",
		"FILE:28: metric.interval: unknown key; did you mean metrics.interval?",
	} {
		if !strings.Contains(warnings, part) {
			t.Errorf("no word of %q in\n%s", part, warnings)
		}
	}
	if n := strings.Count(warnings, "\n"); n != 4 {
		t.Errorf("more was said:\n%s", warnings)
	}
}

// What is imported can be loaded, and means the same.
func TestImportedIsLoaded(t *testing.T) {
	yaml, _, _ := importText(t, strings.ReplaceAll(peersFile, "key = \"KEY\"\n", "")+"\n[client.MQTT]\nport = 8883\n")
	file := filepath.Join(t.TempDir(), "edged.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := Load(Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.MQTT.URLs[0] != "broker.local:8883" || cfg.Service.UseModuleName || cfg.Telemetry.Interval != 0 {
		t.Errorf("%+v", cfg)
	}
	for name, hidden := range map[string]bool{"buildx_1": true, "mytests": true, "a": true, "ab": false, "xen": true, "any": true, "web": false} {
		matches := false
		for _, text := range cfg.Filter.ExcludeNames {
			matches = matches || regexp.MustCompile("^(?:"+text+")$").MatchString(name)
		}
		if matches != hidden {
			t.Errorf("%s is excluded: %t", name, matches)
		}
	}
}

func TestImportLeavesOutWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`metrics.interval = "soon"`:               "FILE:1: metrics.interval: left out: want a duration",
		`topic_id = "child"`:                      "FILE:1: topic_id: left out: want four segments",
		`log_level = ["info"]`:                    "FILE:1: log_level: left out: not a value for log.level",
		"\n[filter.exclude]\nnames = ['(']":       "FILE:3: filter.exclude.names: left out: error parsing regexp",
		`container.crash_loop_threshold = 0`:      "FILE:1: container.crash_loop_threshold: left out: 0 means 5 there",
		`log_levell = "info"`:                     "FILE:1: log_levell: unknown key; did you mean log_level?",
		`container_group.use_module_name = "yes"`: `FILE:1: container_group.use_module_name: left out: want true or false, got "yes"`,
	} {
		if yaml, warnings, _ := importText(t, text); yaml != "" || !strings.HasPrefix(warnings, want) {
			t.Errorf("%s: %q, %q, want %q", text, yaml, warnings, want)
		}
	}
	if _, _, err := Import(filepath.Join(t.TempDir(), "none.toml")); err == nil || !strings.Contains(err.Error(), "none.toml") {
		t.Errorf("no file: %v", err)
	}
}

// Each of the peer's keys has one of ours, or a reason why not, and stands in the table for people.
func TestPeersKeys(t *testing.T) {
	doc, err := os.ReadFile("../../docs/from-tedge-container-plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(peerKeys[1:]) {
		theirs, ours, _ := strings.Cut(strings.TrimSpace(line), " ")
		why, none := strings.CutPrefix(ours, "- ")
		if _, known := table(Keys()).key(ours); !none && !known || none && why == "" {
			t.Errorf("%s: no key %q", theirs, ours)
		}
		if !strings.Contains(string(doc), "`"+theirs+"`") || !none && !strings.Contains(string(doc), "`"+ours+"`") {
			t.Errorf("%s is not in the table for people", theirs)
		}
	}
}
