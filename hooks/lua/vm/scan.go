package vm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// What a source may be at most. The parser and the compiler of gopher-lua have
// no limits of their own; these keep them within a few MiB and milliseconds.
const (
	maxSource    = 64 << 10 // bytes
	maxNesting   = 100      // brackets and blocks within each other
	maxChain     = 200      // operators that the parser must keep in mind at once
	maxFunctions = 400
)

// A scanner looks at the tokens of a source before the parser does. It keeps
// out what would take the parser too far, and notes what the parser loses.
type scanner struct {
	name   string
	lexer  *parse.Scanner
	state  *parse.Lexer
	line   int // of the token
	depth  int
	chain  int
	funcs  int
	locals []bool // for each "local": whether "function" follows
}

// scan returns, for each word local of the source in order, whether it begins a
// "local function". To the parser, "local function f" and "local f = function"
// are the same, though f means different things within.
func scan(name, source string) ([]bool, error) {
	if len(source) > maxSource {
		return nil, &Error{Chunk: name, Line: 1, Message: fmt.Sprintf("longer than %d KiB", maxSource>>10)}
	}
	s := &scanner{name: name, lexer: parse.NewScanner(strings.NewReader(source), name), state: &parse.Lexer{}}
	last := 0
	for {
		tok, err := s.lexer.Scan(s.state)
		if err != nil {
			return nil, syntaxError(name, source, err)
		}
		if tok.Type == parse.EOF {
			return s.locals, nil
		}
		s.line = tok.Pos.Line
		if err := s.token(tok, last); err != nil {
			return nil, err
		}
		last, s.state.PrevTokenType = tok.Type, tok.Type
	}
}

func (s *scanner) token(tok ast.Token, last int) error {
	switch tok.Type {
	case parse.TGoto:
		return s.fail("goto is not Lua 5.1")
	case parse.T2Colon:
		return s.fail("'::' is not Lua 5.1")
	case parse.TLocal:
		s.locals = append(s.locals, false)
	case parse.TFunction:
		s.funcs++
		if last == parse.TLocal {
			s.locals[len(s.locals)-1] = true
		}
	}
	s.depth += nesting(tok.Type)
	s.chain = chained(tok.Type, s.chain)
	switch {
	case s.depth > maxNesting:
		return s.fail("more than %d brackets and blocks within each other", maxNesting)
	case s.chain > maxChain:
		return s.fail("more than %d operators in one expression", maxChain)
	case s.funcs > maxFunctions:
		return s.fail("more than %d functions", maxFunctions)
	}
	return nil
}

func (s *scanner) fail(format string, args ...any) error {
	return &Error{Chunk: s.name, Line: s.line, Message: fmt.Sprintf(format, args...)}
}

// nesting is by how much a token changes the depth.
func nesting(token int) int {
	switch token {
	case '(', '[', '{', parse.TDo, parse.TFunction, parse.TIf, parse.TRepeat:
		return 1
	case ')', ']', '}', parse.TEnd, parse.TUntil:
		return -1
	}
	return 0
}

// chained counts the operators that the parser has open: those that bind to the
// right. What ends an expression ends the count.
func chained(token, count int) int {
	switch token {
	case '-', '#', '^', parse.TNot, parse.T2Comma:
		return count + 1
	case ',', ';', '=', '{', '}', parse.TLocal, parse.TReturn, parse.TIf, parse.TThen,
		parse.TDo, parse.TEnd, parse.TFunction, parse.TFor, parse.TWhile, parse.TRepeat, parse.TUntil:
		return 0
	}
	return count
}

func syntaxError(name, source string, err error) *Error {
	var pe *parse.Error
	if !errors.As(err, &pe) {
		return &Error{Chunk: name, Line: 1, Message: err.Error()}
	}
	line, near := pe.Pos.Line, " near '"+pe.Token+"'"
	if line == parse.EOF {
		line, near = 1+strings.Count(strings.TrimRight(source, "\n"), "\n"), " at the end of the file"
	}
	return &Error{Chunk: name, Line: line, Message: pe.Message + near}
}
