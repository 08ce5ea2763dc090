package vm

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// A Chunk is a compiled program. It can't change, and machines share it.
type Chunk struct {
	name  string
	proto *lua.FunctionProto
}

// Name returns the name under which the program was compiled.
func (c *Chunk) Name() string { return c.name }

// Compile compiles a program. Errors, also those it raises later, name it by
// name and line. The error is an [*Error].
func Compile(name, source string) (*Chunk, error) {
	stmts, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	proto, err := lua.Compile(stmts, name)
	if err != nil {
		return nil, compileError(name, err)
	}
	return &Chunk{name: name, proto: proto}, nil
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

func compileError(name string, err error) *Error {
	var ce *lua.CompileError
	if errors.As(err, &ce) {
		return &Error{Chunk: name, Line: ce.Line, Message: ce.Message}
	}
	return &Error{Chunk: name, Line: 1, Message: err.Error()}
}
