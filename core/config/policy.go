package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Granted are the needs that are granted, by script file; each is a kind and what
// of it, such as mqtt.publish and alerts/#.
func (p Policy) Granted() map[string][][2]string {
	all := map[string][][2]string{}
	for _, text := range p.Grants {
		if file, kind, what, err := parseGrant(text); err == nil {
			all[file] = append(all[file], [2]string{kind, what})
		}
	}
	return all
}

// Programs are the commands that the operator has declared, by name: program and
// arguments.
func (p Policy) Programs() map[string][]string {
	all := map[string][]string{}
	for _, text := range p.Commands {
		if name, command, err := parseCommand(text); err == nil {
			all[name] = command
		}
	}
	return all
}

// grants checks policy.grants.
func grants(v any) error {
	for _, text := range v.([]string) {
		if _, _, _, err := parseGrant(text); err != nil {
			return err
		}
	}
	return nil
}

func parseGrant(text string) (file, kind, what string, err error) {
	file, need, ok := strings.Cut(text, " ")
	kind, what, both := strings.Cut(strings.TrimSpace(need), ":")
	if !ok || !both || file == "" || what == "" {
		return "", "", "", fmt.Errorf("want FILE NEED, such as \"20-window.lua mqtt.publish:alerts/#\", got %q", text)
	}
	if file != "*" && !strings.HasSuffix(file, ".lua") {
		return "", "", "", fmt.Errorf("want the name of a script, or *, before the need, got %q", file)
	}
	known := []string{"mqtt.publish", "file.read", "action"}
	for _, k := range known {
		if k == kind {
			return file, kind, what, nil
		}
	}
	return "", "", "", errors.New(suggest("unknown need", kind, known))
}

// commands checks policy.commands.
func commands(v any) error {
	seen := map[string]bool{}
	for _, text := range v.([]string) {
		name, _, err := parseCommand(text)
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("command %s is there twice", name)
		}
		seen[name] = true
	}
	return nil
}

func parseCommand(text string) (name string, command []string, err error) {
	name, line, ok := strings.Cut(text, "=")
	command = strings.Fields(line)
	if name = strings.TrimSpace(name); !ok || name == "" || len(command) == 0 || !filepath.IsAbs(command[0]) {
		return "", nil, fmt.Errorf("want NAME=/path/of/program ARGUMENT..., got %q", text)
	}
	return name, command, nil
}
