package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestGrantsAndCommands(t *testing.T) {
	file := folder(t, map[string]string{"edged.yaml": `policy:
  audit: ["*"]
  grants:
    - 20-window.lua mqtt.publish:alerts/#
    - "20-window.lua  file.read:/run/app/*"
    - "* action:led"
  commands: ["led=/usr/bin/led --on  red"]
`})
	cfg, _, err := Load(Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][][2]string{
		"20-window.lua": {{"mqtt.publish", "alerts/#"}, {"file.read", "/run/app/*"}},
		"*":             {{"action", "led"}},
	}
	if got := cfg.Policy.Granted(); !reflect.DeepEqual(got, want) {
		t.Errorf("granted %v", got)
	}
	if got := cfg.Policy.Programs(); !reflect.DeepEqual(got, map[string][]string{"led": {"/usr/bin/led", "--on", "red"}}) {
		t.Errorf("commands %v", got)
	}
}

func TestBadGrantsAndCommands(t *testing.T) {
	for text, says := range map[string]string{
		`grants: ["20-window.lua"]`:                  "want FILE NEED",
		`grants: ["window mqtt.publish:a"]`:          "name of a script",
		`grants: ["a.lua mqtt.publsh:a"]`:            "did you mean mqtt.publish",
		`grants: ["a.lua action:"]`:                  "want FILE NEED",
		`commands: ["led"]`:                          "want NAME=/path",
		`commands: ["led=led --on"]`:                 "want NAME=/path",
		`commands: ["led=/bin/true", "led=/bin/no"]`: "there twice",
	} {
		file := folder(t, map[string]string{"edged.yaml": "policy:\n  " + text + "\n"})
		_, _, err := Load(Source{File: file})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), file+":2") || !strings.Contains(err.Error(), "policy.") {
			t.Errorf("%s: error %v, want %q with file, line and key", text, err, says)
		}
	}
}
