package vm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// A Chunk is a compiled program. It can't change, and machines share it.
type Chunk struct {
	name    string
	proto   *lua.FunctionProto
	helpers []string // what its body takes as arguments
	points  []Point  // see CompileCover
}

// Name returns the name under which the program was compiled.
func (c *Chunk) Name() string { return c.name }

// Points returns the statements of a program of [CompileCover], nil of others.
func (c *Chunk) Points() []Point { return c.points }

// Compile compiles a program. Errors, also those it raises later, name it by
// name and line. The error is an [*Error].
func Compile(name, source string) (*Chunk, error) { return compile(name, source, false) }

// CompileCover is [Compile] for a program that tells [VM.Cover] which of its
// statements run. It takes about as many units as without, and more time.
func CompileCover(name, source string) (*Chunk, error) { return compile(name, source, true) }

func compile(name, source string, covered bool) (c *Chunk, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser and the compiler of gopher-lua have faults of their own
			c, err = nil, &Error{Chunk: name, Line: 1, Message: fmt.Sprintf("can't be compiled: %v", r)}
		}
	}()
	locals, err := scan(name, source)
	if err != nil {
		return nil, err
	}
	stmts, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	var cover coverer
	var extra []string
	if covered {
		stmts, extra = cover.block(stmts), []string{coverHelper}
	}
	stmts, helpers, err := rewrite(name, stmts, locals, extra...)
	if err != nil {
		return nil, err
	}
	proto, err := lua.Compile(stmts, name)
	if err != nil {
		return nil, compileError(name, err)
	}
	if err := checkProto(proto); err != nil {
		return nil, err
	}
	return &Chunk{name: name, proto: proto, helpers: helpers, points: cover.points}, nil
}

func compileError(name string, err error) *Error {
	var ce *lua.CompileError
	if errors.As(err, &ce) {
		return &Error{Chunk: name, Line: max(ce.Line, 1), Message: ce.Message}
	}
	return &Error{Chunk: name, Line: 1, Message: err.Error()}
}

// maxUpvalues is how many variables of functions around it a function may use;
// gopher-lua counts them in a byte without a check.
const maxUpvalues = 200

// checkProto refuses what the compiler should have, and cuts what it left to
// size: of 711 KiB for 40 functions 79 remain.
func checkProto(p *lua.FunctionProto) error {
	if len(p.DbgUpvalues) > maxUpvalues {
		return &Error{Chunk: p.SourceName, Line: max(p.LineDefined, 1), Message: fmt.Sprintf("a function uses more than %d variables of functions around it", maxUpvalues)}
	}
	p.Code = slices.Clip(slices.Clone(p.Code))
	p.Constants = slices.Clip(slices.Clone(p.Constants))
	p.FunctionPrototypes = slices.Clip(slices.Clone(p.FunctionPrototypes))
	p.DbgSourcePositions = slices.Clip(slices.Clone(p.DbgSourcePositions))
	p.DbgLocals = nil // for a debugger only
	p.DbgCalls = slices.Clip(slices.Clone(p.DbgCalls))
	p.DbgUpvalues = slices.Clip(slices.Clone(p.DbgUpvalues))
	for _, sub := range p.FunctionPrototypes {
		if err := checkProto(sub); err != nil {
			return err
		}
	}
	return nil
}
