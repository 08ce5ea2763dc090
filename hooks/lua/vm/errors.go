package vm

import (
	"fmt"
	"strconv"
	"strings"
)

// Exhausted is a program that used up what it was given. A program can't catch
// it.
type Exhausted struct {
	What  string // units, time or memory
	Limit string // how much it was given, with its unit
}

// Error implements error.
func (e *Exhausted) Error() string {
	switch e.What {
	case "time":
		return "ran longer than " + e.Limit
	case "memory":
		return "took more than " + e.Limit + " of memory"
	default:
		return "did more than " + e.Limit + " units of work"
	}
}

// Error is an error in a program: at compile time or, raised and not caught,
// when it ran.
type Error struct {
	Chunk   string // name of the program; empty when unknown
	Line    int    // from 1; 0 when unknown
	Message string // without the place
	Cause   error  // an [*Exhausted] or the context's error, if that ended the program
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.Chunk, e.Line, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// place takes the "name:line: " off the front of a message of the machine.
func place(message string) *Error {
	name, rest, ok := strings.Cut(message, ":")
	digits, text, ok2 := strings.Cut(rest, ":")
	line, err := strconv.Atoi(digits)
	if !ok || !ok2 || err != nil || strings.ContainsAny(name, " \n") {
		return &Error{Message: message}
	}
	return &Error{Chunk: name, Line: line, Message: strings.TrimSpace(text)}
}
