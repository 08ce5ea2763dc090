package vm

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A Warning is a place where a program does something else than it would in Lua
// 5.1, though it can be compiled.
type Warning struct {
	Line    int // from 1
	Column  int // from 1, in bytes
	Message string
}

// Diagnose looks for what the machine does differently or not at all, in the
// order of the source. It goes by the words alone, so it may be silent where
// names are put together when the program runs. A source that can't be compiled
// has no warnings.
func Diagnose(name, source string) []Warning {
	if _, err := Compile(name, source); err != nil {
		return nil
	}
	d := diagnosis{tokens: tokens(source), own: map[string]bool{}}
	d.declared()
	for i := range d.tokens {
		d.token(i)
	}
	return d.warnings
}

// tokens returns the tokens of a source that has been compiled, and one more that
// is none at either end, so that every token has neighbours.
func tokens(source string) []ast.Token {
	list := []ast.Token{{Type: parse.EOF}}
	lexer, state := parse.NewScanner(strings.NewReader(source), ""), &parse.Lexer{}
	for {
		tok, err := lexer.Scan(state)
		if err != nil || tok.Type == parse.EOF {
			return append(list, ast.Token{Type: parse.EOF})
		}
		state.PrevTokenType = tok.Type
		list = append(list, tok)
	}
}

// A diagnosis is the search for differences in one source.
type diagnosis struct {
	tokens   []ast.Token
	own      map[string]bool // names that the program itself gives a meaning
	braces   []constructor   // open brackets of all kinds
	bounds   bool            // between "for x =" and "do"
	warnings []Warning
}

// A constructor is what is known of an open bracket.
type constructor struct {
	kind  int // its token
	items int
	named int // place of the first named field; 0: none
}

func (d *diagnosis) warn(i int, format string, args ...any) {
	pos := d.tokens[i].Pos
	d.warnings = append(d.warnings, Warning{Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf(format, args...)})
}

func (d *diagnosis) is(i, token int) bool { return d.tokens[i].Type == token }

// declared collects the names that are declared or assigned to anywhere.
func (d *diagnosis) declared() {
	for i, tok := range d.tokens {
		if tok.Type == parse.TIdent && !d.is(i-1, '.') && !d.is(i-1, ':') && (d.is(i+1, '=') || d.declares(i)) {
			d.own[tok.Str] = true
		}
	}
}

// declares reports whether a name stands in a list of locals or parameters, or
// after function.
func (d *diagnosis) declares(i int) bool {
	for i--; d.is(i, ',') || d.is(i, parse.TIdent); i-- {
	}
	switch d.tokens[i].Type {
	case parse.TLocal, parse.TFor, parse.TFunction:
		return true
	case '(':
		for i--; d.is(i, '.') || d.is(i, ':') || d.is(i, parse.TIdent); i-- {
		}
		return d.is(i, parse.TFunction)
	}
	return false
}

func (d *diagnosis) token(i int) {
	tok := d.tokens[i]
	switch tok.Type {
	case '{', '(', '[':
		d.braces = append(d.braces, constructor{kind: tok.Type, items: 1})
	case '}', ')', ']':
		d.closed()
	case ',', ';':
		d.item()
	case '=':
		d.equals(i)
	case parse.TFor:
		d.bounds = d.is(i+2, '=')
	case parse.TDo:
		d.bounds = false
	case parse.TNil:
		d.hole(i)
	case parse.TNumber:
		d.number(i)
	case parse.TString:
		d.metafield(i)
		if d.bounds && (d.is(i-1, '=') || d.is(i-1, ',')) && (d.is(i+1, ',') || d.is(i+1, parse.TDo)) {
			d.warn(i, "the bounds of a numeric for must be numbers; a text is an error here")
		}
	case parse.TIdent:
		d.ident(i)
	}
}

// inner is the innermost open bracket.
func (d *diagnosis) inner() *constructor {
	if len(d.braces) == 0 {
		return &constructor{}
	}
	return &d.braces[len(d.braces)-1]
}

func (d *diagnosis) item() { d.inner().items++ }

func (d *diagnosis) closed() {
	c := *d.inner()
	d.braces = d.braces[:max(len(d.braces)-1, 0)]
	if c.kind == '{' && c.items >= batch && c.named > 0 {
		d.warn(c.named, "a table of %d items or more evaluates its named fields first", batch)
	}
}

// equals notes named fields, and indices far beyond the end.
func (d *diagnosis) equals(i int) {
	if c := d.inner(); c.kind == '{' && c.named == 0 {
		c.named = i - 1
	}
	if d.is(i-1, ']') && d.is(i-2, parse.TNumber) && d.is(i-3, '[') {
		if f, ok := ParseNumber(d.tokens[i-2].Str); ok && f > maxGap && f < maxArray {
			d.warn(i-2, "an index more than %d beyond the end of a table is an error", maxGap)
		}
	}
}

// hole is a nil among the items of a table.
func (d *diagnosis) hole(i int) {
	first := d.is(i-1, '{') || d.is(i-1, ',') || d.is(i-1, ';')
	more := (d.is(i+1, ',') || d.is(i+1, ';')) && !d.is(i+2, '}')
	if d.inner().kind == '{' && first && more {
		d.warn(i, "a table with a nil among its items: # gives the last item that is not nil, which Lua leaves open")
	}
}

// number is where -0 stands.
func (d *diagnosis) number(i int) {
	f, _ := ParseNumber(d.tokens[i].Str)
	if f != 0 || !d.is(i-1, '-') {
		return
	}
	switch d.tokens[i-2].Type {
	case parse.TIdent, parse.TNumber, parse.TString, ')', ']', '}':
		return // a difference
	}
	d.warn(i-1, "-0 is 0 here")
}

func (d *diagnosis) ident(i int) {
	name := d.tokens[i].Str
	if d.is(i-1, '.') || d.is(i-1, ':') || d.inner().kind == '{' && d.is(i+1, '=') {
		d.metafield(i)
		return
	}
	if d.own[name] {
		return
	}
	if d.is(i+1, '.') && d.is(i+2, parse.TIdent) {
		if message := differs()[name+"."+d.tokens[i+2].Str]; message != "" {
			d.warn(i, "%s.%s %s", name, d.tokens[i+2].Str, message)
			return
		}
	}
	if message := differs()[name]; message != "" {
		d.warn(i, "%s %s", name, message)
	}
}

// metafield is a name that means something in a metatable.
func (d *diagnosis) metafield(i int) {
	switch name := d.tokens[i].Str; name {
	case "__gc", "__mode":
		d.warn(i, "%s has no effect here", name)
	case "__len":
		d.warn(i, "# heeds __len of a table here, which it does not in Lua 5.1")
	}
}

// differs says of the names of Lua 5.1 what is different.
func differs() map[string]string {
	all := map[string]string{
		"math.random":     "gives the same numbers each time",
		"math.randomseed": "makes numbers that are the same each time, and others than Lua's",
	}
	for _, name := range strings.Fields("collectgarbage debug dofile getfenv io load loadfile loadstring module newproxy os" +
		" package print require setfenv math.mod string.dump string.gfind table.foreach table.foreachi table.getn table.setn") {
		all[name] = "is not there"
	}
	return all
}
