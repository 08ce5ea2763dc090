package config

import "fmt"

// Error is one thing that is wrong with the configuration. [Load] joins all
// that it finds.
type Error struct {
	Where   string // file:line, a variable's name, or a flag with its dashes
	Key     string // dotted; empty when there is none
	Problem string // for people
}

// Error implements error.
func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s: %s", e.Where, e.Problem)
	}
	return fmt.Sprintf("%s: %s: %s", e.Where, e.Key, e.Problem)
}
