package hooks

import (
	"fmt"
	"strings"
)

// Script is what is known of one loaded script.
type Script struct {
	File   string   `json:"file"`   // name, such as 10-trusted-registry.lua
	Folder string   `json:"folder"` // where it was read
	SHA256 string   `json:"sha256"` // of the file, hexadecimal
	Mode   Mode     `json:"mode"`   //
	Hooks  []Hook   `json:"hooks"`  // in the order of registration, timers excepted
	Timers []Timer  `json:"timers,omitempty"`
	Needs  []string `json:"needs,omitempty"` // what it asked for, all granted: mqtt.publish:alerts/#
}

// Hook is what one function is registered for.
type Hook struct {
	Phase  Phase  `json:"phase"`
	Name   string `json:"name"` // op or notice; a topic filter for notices of MQTT
	Mutate bool   `json:"mutate,omitempty"`
	Line   int    `json:"line"` // from 1
}

// Source is the text of one script or library, as it was loaded.
type Source struct {
	Name   string `json:"name"`   // 10-window.lua, or lib/units.lua for a library
	Folder string `json:"folder"` // the policy folder it was in
	Text   string `json:"text"`
}

// Problem is what is wrong with a script: why it can't be loaded.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`             // from 1
	Column  int    `json:"column,omitempty"` // from 1; 0 when unknown
	Message string `json:"message"`
}

// Error implements error.
func (p Problem) Error() string {
	if p.Column > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Problems are all that is wrong with a set of scripts, in the order of the files.
type Problems []Problem

// Error implements error: one line for each.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}
