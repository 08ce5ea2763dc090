package lua

import (
	"edged/hooks"
)

// A Class describes a table that scripts get or give.
type Class struct {
	Name   string // such as edged.Event
	Doc    string
	Fields []Field
}

// Field is one field of a table.
type Field struct {
	Name     string
	Type     string // as LuaCATS writes it
	Unit     string // such as bytes or seconds; empty: none
	Doc      string // a phrase
	In       string // where it is there, such as after or on health; empty: always
	Optional bool   // nil where it is not known, or may be left out
}

// Operation describes an op for hooks before and after.
type Operation struct {
	Op      hooks.Op
	Doc     string
	Failure string // what a failed hook before it means
	Patch   []Field
}

// Occurrence describes a notice for hooks on.
type Occurrence struct {
	Notice string // as scripts write it
	Doc    string
}

// Operations returns all ops, in the order of the manual.
func Operations() []Operation {
	docs := map[hooks.Op]string{
		hooks.OpPull:     "an image is fetched from a registry",
		hooks.OpCreate:   "a new container is created and started",
		hooks.OpUpdate:   "a container is replaced by a new revision; clone is another name for it",
		hooks.OpRollback: "a container is replaced by its revision before",
		hooks.OpRemove:   "a container is removed",
		hooks.OpPrune:    "images that nothing uses are removed",
		hooks.OpCommand:  "a command that the operator has declared is run",
		hooks.OpStart:    "a stopped container is started",
		hooks.OpRestart:  "a container is stopped and started",
		hooks.OpStop:     "a running container is stopped",
		hooks.OpRecover:  "a restart or a rollback because of ill health; health is another name for it",
	}
	var all []Operation
	for _, op := range hooks.Ops() {
		all = append(all, Operation{op, docs[op], onFailure(op), patchFields(op)})
	}
	return all
}

// onFailure says what a failed hook before op means.
func onFailure(op hooks.Op) string {
	asked, policy := hooks.HoldsOnFailure(op, false), hooks.HoldsOnFailure(op, true)
	switch {
	case asked && policy:
		return "hold: defer for 60 s, three times, then deny"
	case policy:
		return "go on if a person asked, hold if a policy did"
	default:
		return "go on: a broken policy must not keep the device dark"
	}
}

// Occurrences returns all notices, in the order of the manual.
func Occurrences() []Occurrence {
	docs := map[hooks.Notice]string{
		hooks.NoticeHealth:       "a container's health changed",
		hooks.NoticeExit:         "a container's main process ended",
		hooks.NoticeOOM:          "a container was killed for memory",
		hooks.NoticeCrashLoop:    "a container ended again and again",
		hooks.NoticeDrift:        "a container is no longer what edged made of it",
		hooks.NoticeBoot:         "edged has started and seen the engine",
		hooks.NoticeShutdown:     "edged is about to end",
		hooks.NoticeConnected:    "the MQTT broker answers",
		hooks.NoticeDisconnected: "the MQTT broker is gone",
		hooks.NoticeNetwork:      "the way to the world is another one",
	}
	var all []Occurrence
	for _, n := range hooks.Notices() {
		all = append(all, Occurrence{string(n), docs[n]})
	}
	return append(all, Occurrence{hooks.MQTTPrefix + "TOPIC", "a message has come; TOPIC may have + for one part and # for the rest"})
}

// Classes returns the tables that scripts get and give, in the order of the
// manual.
func Classes() []Class {
	var patch []Field
	for _, op := range []hooks.Op{hooks.OpPull, hooks.OpUpdate, hooks.OpStop} {
		for _, f := range patchFields(op) {
			if !hasField(patch, f.Name) {
				f.In, f.Optional = patchOps(f.Name), true
				patch = append(patch, f)
			}
		}
	}
	return []Class{
		{"edged.Event", "What a hook sees: a table of its own.", eventFields()},
		{"edged.Container", "A container.", containerFields()},
		{"edged.Image", "An image reference, taken apart, and what is known of the image.", imageFields()},
		{"edged.Revision", "What a container is made from: the fields of an image, and these.", revisionFields()},
		{"edged.Command", "A command that the operator has declared.", commandFields()},
		{"edged.Device", "The device.", deviceFields()},
		{"edged.Power", "What the device runs on.", powerFields()},
		{"edged.Net", "How the device reaches the world.", netFields()},
		{"edged.Result", "What came of an operation.", resultFields()},
		{"edged.Patch", "What edged.modify may change.", patch},
		{"edged.HookOptions", "How a hook is asked.", []Field{{Name: "stage", Type: `"mutate"`, Doc: "ask first, and show others what it changes", Optional: true}}},
		{"edged.ActionOptions", "What an action is to be done to, and when.", actionFields("container")},
		{"edged.UpdateOptions", "What is to be updated, and when.", actionFields("container", "image", "force")},
		{"edged.PruneOptions", "What is to be removed, and when.", actionFields("older_than")},
		{"edged.Alarm", "An alarm.", actionFields("container", "type", "text", "severity")},
	}
}

func hasField(fields []Field, name string) bool {
	for _, f := range fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// patchOps lists the operations of which a field can be changed.
func patchOps(name string) string {
	in := ""
	for _, op := range hooks.Ops() {
		if hasField(patchFields(op), name) {
			if in != "" {
				in += " "
			}
			in += string(op)
		}
	}
	return in
}

func actionFields(names ...string) []Field {
	known := map[string]Field{
		"container":  {Name: "container", Type: "string", Doc: "name; else the event's"},
		"image":      {Name: "image", Type: "string", Doc: "reference; else the one that it was made from"},
		"force":      {Name: "force", Type: "boolean", Doc: "even if nothing changed"},
		"older_than": {Name: "older_than", Type: "edged.Duration", Doc: "only what was made longer ago"},
		"type":       {Name: "type", Type: "string", Doc: "kind of the alarm"},
		"text":       {Name: "text", Type: "string", Doc: "for people; needed unless it is cleared"},
		"severity":   {Name: "severity", Type: `"critical"|"major"|"minor"|"warning"|"cleared"`, Doc: "else major"},
		"after":      {Name: "after", Type: "edged.Duration", Doc: "wait this long first"},
		"reason":     {Name: "reason", Type: "string", Doc: "for people"},
	}
	var fields []Field
	for _, name := range append(names, "after", "reason") {
		f := known[name]
		f.Optional = name != "type"
		fields = append(fields, f)
	}
	return fields
}
