package request

import (
	"fmt"
	"strings"
	"testing"
)

func TestGoals(t *testing.T) {
	tests := map[string]string{ // ACTION NAME VERSION, with commas between
		"":                                    "",
		"install a 1, install b 1":            "install a 1, install b 1",
		"remove a 1, install a 2":             "install a 2",
		"install a 2, remove a 1":             "install a 2",
		"install a 2, remove a 2":             "remove a 2",
		"install a 2, remove a":               "remove a",
		"install a 1, install a 2":            "install a 2",
		"remove a, install b 1, install a 1":  "install a 1, install b 1",
		"image 1 install a, image 2 remove a": "image 1 install a, image 2 remove a",
	}
	for given, want := range tests {
		var modules []Module
		for part := range strings.SplitSeq(given, ", ") {
			word := append(strings.Fields(part), "", "", "")
			if part == "" {
				continue
			}
			if word[0] == "image" {
				modules = append(modules, Module{Type: TypeImage, Version: word[1], Action: word[2], Name: word[3]})
				continue
			}
			modules = append(modules, Module{Type: TypeContainer, Action: word[0], Name: word[1], Version: word[2]})
		}
		var got []string
		for _, m := range Goals(modules) {
			text := strings.TrimSpace(fmt.Sprintln(m.Action, m.Name, m.Version))
			if m.Type == TypeImage {
				text = "image " + m.Version + " " + m.Action + " " + m.Name
			}
			got = append(got, text)
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", given, text, want)
		}
	}
}

func TestModulesAreChecked(t *testing.T) {
	for want, m := range map[string]Module{
		"field type":    {Type: "apt", Name: "vim", Action: ActionInstall},
		"field name":    {Type: TypeContainer, Name: "../web", Action: ActionRemove},
		"field name: ":  {Type: TypeGroup, Name: ".web", Action: ActionRemove},
		"field name: m": {Type: TypeImage, Action: ActionRemove},
		"field action":  {Type: TypeContainer, Name: "web", Action: "delete"},
		"field version": {Type: TypeContainer, Name: "web", Action: ActionInstall},
		"field url":     {Type: TypeGroup, Name: "shop", Version: "1", Action: ActionInstall},
		"":              {Type: TypeImage, Name: "registry.example.com/web", Action: ActionInstall},
	} {
		err := Request{ID: "1", Op: SoftwareUpdate, Modules: []Module{m}}.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", m, err, want)
		}
	}
}
