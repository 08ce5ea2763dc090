package check

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"edged/hooks/lua/vm"
)

// A source is one file that is looked at.
type source struct {
	file   string // path, as it was given
	stmts  []ast.Stmt
	tokens map[int][]ast.Token // by line
	found  []Diagnostic
}

// read parses a file. A source that can't be compiled has no statements: loading
// it words what is wrong.
func read(file, text string) *source {
	s := &source{file: file, tokens: map[int][]ast.Token{}}
	lexer, state := parse.NewScanner(strings.NewReader(text), file), &parse.Lexer{}
	for {
		tok, err := lexer.Scan(state)
		if err != nil || tok.Type == parse.EOF {
			break
		}
		s.tokens[tok.Pos.Line] = append(s.tokens[tok.Pos.Line], tok)
		state.PrevTokenType = tok.Type
	}
	if _, err := vm.Compile(file, text); err != nil { // what it takes, the parser can't choke on
		return s
	}
	if stmts, err := parse.Parse(strings.NewReader(text), file); err == nil {
		s.stmts = stmts
	}
	return s
}

// A spot is a token to look for on a line.
type spot struct {
	text string
	n    int // the how manieth of that text, from 1
}

func nth(text string, n int) spot { return spot{text, n} }

// place returns the column of a token. It is that of the line's first token where
// there is none like it, and 1 on an empty line.
func (s *source) place(line int, at spot) int {
	column := 1
	for i, t := range s.tokens[line] {
		if t.Str == at.text && at.text != "" {
			if at.n--; at.n == 0 {
				return t.Pos.Column
			}
		}
		if i == 0 {
			column = t.Pos.Column
		}
	}
	return column
}

func (s *source) add(sev Severity, rule string, line int, at, format string, args ...any) {
	s.addAt(sev, rule, line, nth(at, 1), format, args...)
}

func (s *source) addAt(sev Severity, rule string, line int, at spot, format string, args ...any) {
	s.found = append(s.found, Diagnostic{
		File: s.file, Line: line, Column: s.place(line, at),
		Severity: sev, Rule: rule, Message: fmt.Sprintf(format, args...),
	})
}
