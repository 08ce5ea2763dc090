package lua

import (
	"errors"
	"strings"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// problemOf says where a script is wrong.
func problemOf(source hooks.Source, err error) hooks.Problem {
	p := hooks.Problem{File: source.Name, Line: 1, Message: err.Error()}
	var e *vm.Error
	if errors.As(err, &e) && e.Line > 0 {
		p.Message, p.Line = e.Message, e.Line
		if e.Chunk != source.Name { // in a library that it imports
			p.File = e.Chunk
			return p
		}
	}
	p.Column = columnOf(source.Text, p.Line, p.Message)
	return p
}

// columnOf looks on a line of a source for the first thing that a message has in
// quotation marks: neither the parser nor the machine says more than the line. It
// is 0 where that is not there exactly once.
func columnOf(text string, line int, message string) int {
	for range line - 1 {
		_, text, _ = strings.Cut(text, "\n")
	}
	text, _, _ = strings.Cut(text, "\n")
	_, rest, ok1 := strings.Cut(message, "'")
	word, _, ok2 := strings.Cut(rest, "'")
	if !ok1 || !ok2 || word == "" || strings.Count(text, word) != 1 {
		return 0
	}
	return 1 + strings.Index(text, word)
}
