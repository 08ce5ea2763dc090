package lua

import (
	"strings"
	"testing"

	"edged/hooks"
)

func TestLoadOverlaysFolders(t *testing.T) {
	shipped := write(t, map[string]string{
		"10-a.lua": `edged.before("pull", function() end)`,
		"20-b.lua": `edged.before("stop", function() end)`,
	})
	local := write(t, map[string]string{
		"20-b.lua":      `edged.on("health", function() end)`,
		"05-c.lua":      `edged.before("clone", { stage = "mutate" }, function() end)`,
		"05-c_test.lua": `this is no script`,
		".#10-a.lua":    `nor is this`,
		"README.md":     `nor this`,
	})
	s, err := Load(Options{Dirs: []string{shipped, "/does/not/exist", local}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, info := range s.Scripts() {
		names = append(names, info.File)
	}
	if got := strings.Join(names, " "); got != "05-c.lua 10-a.lua 20-b.lua" {
		t.Errorf("scripts = %s", got)
	}
	if got := s.Scripts()[2].Folder; got != local {
		t.Errorf("folder of 20-b.lua = %s, want %s", got, local)
	}
	if s.Wants(hooks.Before, "stop") {
		t.Error("the overlaid file still wants stop")
	}
	if !s.Wants(hooks.Before, "update") || !s.Wants(hooks.Before, "clone") {
		t.Error("clone is not known as update")
	}
}

func TestLoadNothing(t *testing.T) {
	s, err := Load(Options{Dirs: []string{"/does/not/exist"}})
	if err != nil || !s.Empty() {
		t.Errorf("Load = %v, empty %v", err, s.Empty())
	}
}

func TestLoadErrors(t *testing.T) {
	tests := map[string]struct{ source, want string }{
		"syntax":       {"local x = = 1", "10-test.lua:1: syntax error near '='"},
		"end of file":  {"if true then\n\n", "10-test.lua:1: syntax error at the end of the file"},
		"unknown op":   {"\n" + `edged.before("pul", function() end)`, "10-test.lua:2:15: unknown op 'pul'; did you mean 'pull'?"},
		"far op":       {`edged.after("zzzzzzzz", function() end)`, "10-test.lua:1:14: unknown op 'zzzzzzzz'; there are: pull"},
		"notice":       {`edged.on("helth", function() end)`, "unknown notice 'helth'; did you mean 'health'?"},
		"no function":  {`edged.before("pull")`, "bad argument #2 (function expected, got no value)"},
		"level":        {`edged.api(2)`, "this file needs level 2 of the API; this daemon has level 1"},
		"stage":        {`edged.before("pull", { stage = "first" }, print)`, "unknown stage 'first'"},
		"option":       {`edged.before("pull", { stge = "mutate" }, print)`, "unknown option 'stge'"},
		"stage of on":  {`edged.on("exit", { stage = "mutate" }, function() end)`, "stage is for edged.before"},
		"body decides": {`edged.modify({ image = "x" })`, "edged.modify is for hooks"},
		"publishes":    {`edged.mqtt.publish("a", "b")`, "edged.mqtt.publish is for hooks"},
		"no such verb": {`edged.evry("15m", function() end)`, "10-test.lua:1:"},
		"endless":      {`while true do end`, "10-test.lua:1:"},
		"write":        {`edged.deny = nil`, "edged is read-only"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Options{Dirs: []string{write(t, map[string]string{"10-test.lua": tt.source})}})
			if err == nil {
				t.Fatal("Load took it")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "10-test.lua:") {
				t.Errorf("error %q does not contain %q", err, tt.want)
			}
		})
	}
}

func TestLoadNamesEveryBadFile(t *testing.T) {
	_, err := Load(Options{Dirs: []string{write(t, map[string]string{
		"1.lua": "x x", "2.lua": "", "3.lua": "error('no')",
	})}})
	if err == nil || !strings.Contains(err.Error(), "1.lua:1:") || !strings.Contains(err.Error(), "3.lua:1: no") {
		t.Errorf("error = %v", err)
	}
}
