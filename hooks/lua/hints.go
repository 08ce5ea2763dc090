package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
)

// Suggest ends a message about an unknown name: with the one that is most likely
// meant, else with all there are.
func Suggest(name string, known []string) string {
	if s := nearest(name, known); s != "" {
		return "; did you mean '" + s + "'?"
	}
	if len(known) == 0 || len(known) > maxListed {
		return ""
	}
	return "; there are: " + strings.Join(known, " ")
}

const maxListed = 30 // more names are no help

// Meant guesses what a value that a hook returned, and that is no answer, was to
// say.
func Meant(v glua.LValue) string { return meant(v) }

// Duration reads a duration as scripts write them: a number of seconds, or text
// such as 90s, 1h30m or 2d.
func Duration(v glua.LValue) (time.Duration, error) { return duration(v) }

// Everything grants scripts whatever they need, for tests and trials.
func Everything() map[string]hooks.Grants {
	return map[string]hooks.Grants{hooks.EveryScript: {Topics: []string{"#"}, Paths: []string{"/**"}, Actions: []string{"*"}}}
}
