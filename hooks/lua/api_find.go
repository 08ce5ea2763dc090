package lua

import (
	"strings"

	"edged/hooks"
)

// The types of answers: to what is about to be done, and to what has happened.
const (
	TypeAnswer = "edged.Answer"
	TypeAction = "edged.Action"
)

// Answers says which kind of answer a function makes: [TypeAnswer], [TypeAction],
// or nothing for all others.
func (e Entry) Answers() string {
	if len(e.Returns) == 1 && (e.Returns[0].Type == TypeAnswer || e.Returns[0].Type == TypeAction) {
		return e.Returns[0].Type
	}
	return ""
}

// Arity is how many arguments a function takes; most is -1 for any number.
func (e Entry) Arity() (least, most int) {
	for _, p := range e.Params {
		if p.Name == "..." {
			return least, -1
		}
		if !p.Optional {
			least++
		}
	}
	return least, len(e.Params)
}

// ClassOf returns the class of a name, with or without the ? of what may be nil.
func ClassOf(name string) (Class, bool) {
	name = strings.TrimSuffix(name, "?")
	for _, c := range Classes() {
		if c.Name == name {
			return c, true
		}
	}
	return Class{}, false
}

// Has reports whether events of a phase and an op or notice have the field. An
// empty phase or name stands for any.
func (f Field) Has(phase hooks.Phase, name string) bool {
	named, found := false, false
	for _, word := range strings.FieldsFunc(f.In, func(r rune) bool { return r == ' ' || r == ',' }) {
		switch word {
		case string(hooks.Before), string(hooks.After), string(hooks.On):
			if phase != "" && word != string(phase) {
				return false
			}
			continue
		case "every", "cron":
			word = string(hooks.NoticeTimer)
		}
		named, found = true, found || word == name
	}
	return !named || found || name == ""
}
