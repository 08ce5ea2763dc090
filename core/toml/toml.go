// Package toml reads the part of TOML that tedge-container-plugin's files are made of: tables, comments, and keys with
// strings, booleans, numbers and arrays of these. Each value knows its line, and no error repeats one, since there are
// passwords among them.
package toml

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is what a value is.
type Kind int

// The kinds.
const (
	String Kind = iota
	Bool
	Number
	Array
)

// Item is one key with its value.
type Item struct {
	Key  string // dotted, with the names of its tables
	Line int    // counted from 1
	Kind Kind
	Text string   // what a string says; a boolean or a number as it is written
	List []string // of an array: the same of each element
}

// Parse returns the items of a document in their order. The error names file and line.
func Parse(file string, data []byte) (items []Item, err error) {
	p := &parser{rest: string(data), line: 1}
	defer func() {
		if problem, ok := recover().(problem); ok {
			items, err = nil, fmt.Errorf("%s:%d: %s", file, p.line, problem)
		}
	}()
	if !utf8.Valid(data) {
		p.fail("is not text in UTF-8")
	}
	seen, table := map[string]bool{}, ""
	once := func(name string) {
		if seen[name] {
			p.fail("a name is given twice")
		}
		seen[name] = true
	}
	for p.blank(true); p.rest != ""; p.blank(true) {
		if p.take("[") {
			table = p.key("]") + "."
			once(table)
		} else {
			item := Item{Key: table + p.key("="), Line: p.line}
			once(item.Key)
			p.value(&item)
			items = append(items, item)
		}
		if p.blank(false); p.rest != "" && !p.take("\n") {
			p.fail("want nothing more on the line")
		}
	}
	return items, nil
}

// problem is what [parser.fail] panics with, at most once in a document.
type problem string

type parser struct {
	rest string
	line int // where rest begins
}

func (p *parser) fail(what string) { panic(problem(what)) }

// take goes over a word if it comes next.
func (p *parser) take(word string) bool {
	rest, found := strings.CutPrefix(p.rest, word)
	if found {
		p.rest = rest
		p.line += strings.Count(word, "\n")
	}
	return found
}

// span goes over the bytes that come next and are among those, and returns them.
func (p *parser) span(among string) string {
	n := len(p.rest) - len(strings.TrimLeft(p.rest, among))
	text := p.rest[:n]
	p.rest = p.rest[n:]
	return text
}

// blank goes over blanks and comments, and over ends of lines, too, if it may.
func (p *parser) blank(lines bool) {
	for {
		p.span(" \t\r")
		if strings.HasPrefix(p.rest, "#") {
			if n := strings.IndexByte(p.rest, '\n'); n >= 0 {
				p.rest = p.rest[n:]
			} else {
				p.rest = ""
			}
		}
		if !lines || !p.take("\n") {
			return
		}
	}
}

const (
	digits = "0123456789"
	bare   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-" + digits
)

// key reads a dotted key up to what ends it.
func (p *parser) key(end string) string {
	var parts []string
	for {
		p.blank(false)
		part := p.span(bare)
		if part == "" {
			part = p.quoted()
		}
		if part == "" {
			p.fail("want a key or a [table]")
		}
		parts = append(parts, part)
		p.blank(false)
		if p.take(end) {
			return strings.Join(parts, ".")
		}
		if !p.take(".") {
			p.fail("want " + end + " after the name")
		}
	}
}

// value reads what stands behind a key.
func (p *parser) value(item *Item) {
	p.blank(false)
	if !p.take("[") {
		item.Text, item.Kind = p.scalar()
		return
	}
	item.Kind, item.List = Array, []string{}
	for p.blank(true); !p.take("]"); p.blank(true) {
		text, _ := p.scalar()
		item.List = append(item.List, text)
		if p.blank(true); !p.take(",") && !strings.HasPrefix(p.rest, "]") {
			p.fail("want , or ] in the list")
		}
	}
}

func (p *parser) scalar() (string, Kind) {
	if strings.HasPrefix(p.rest, `"`) || strings.HasPrefix(p.rest, "'") {
		return p.quoted(), String
	}
	word := p.span(bare + "+.:")
	if word == "true" || word == "false" {
		return word, Bool
	}
	if _, err := strconv.ParseFloat(strings.ReplaceAll(word, "_", ""), 64); err != nil || strings.Trim(word, digits+"+-._eE") != "" {
		p.fail("want text in quotes, true, false, a number or a list of these")
	}
	return word, Number
}

// quoted reads a string in quotes, if one comes next.
func (p *parser) quoted() string {
	quote := ""
	switch {
	case strings.HasPrefix(p.rest, `"""`), strings.HasPrefix(p.rest, "'''"):
		p.fail("text over several lines is not understood")
	case p.take("'"):
		quote = "'"
	case p.take(`"`):
		quote = `"`
	default:
		return ""
	}
	var text strings.Builder
	for !p.take(quote) {
		n := strings.IndexAny(p.rest, quote+"\\\n")
		if n < 0 || p.rest[n] == '\n' {
			p.fail("the text has no end on its line")
		}
		if p.rest[n] == '\\' && quote == "'" {
			n++ // means itself there
		}
		text.WriteString(p.rest[:n])
		p.rest = p.rest[n:]
		if quote == `"` && p.take(`\`) {
			text.WriteRune(p.escaped())
		}
	}
	return text.String()
}

// escaped reads what stands behind a backslash.
func (p *parser) escaped() rune {
	n := 0
	switch {
	case p.take("u"):
		n = 4
	case p.take("U"):
		n = 8
	default:
		const from, to = `btnfr"\`, "\b\t\n\f\r\"\\"
		if p.rest != "" {
			if i := strings.IndexByte(from, p.rest[0]); i >= 0 {
				p.rest = p.rest[1:]
				return rune(to[i])
			}
		}
	}
	if n == 0 || len(p.rest) < n {
		p.fail("want another letter behind the backslash")
	}
	code, err := strconv.ParseUint(p.rest[:n], 16, 32)
	if err != nil || !utf8.ValidRune(rune(code)) {
		p.fail("want the number of a character behind the backslash")
	}
	p.rest = p.rest[n:]
	return rune(code)
}
