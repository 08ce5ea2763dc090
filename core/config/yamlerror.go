package config

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// brokenYAML turns an error of the YAML library into ours.
func brokenYAML(file string, data []byte, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, cause, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, cause
		}
	}
	if line == 0 {
		line = find(data, text)
	} else if slices.Contains(countedFromZero(), text) {
		line++
	}
	return &Error{Where: file + ":" + strconv.Itoa(line), Problem: "broken YAML: " + text}
}

// countedFromZero lists the problems that yaml.v3 finds in its parser rather
// than its scanner: for these alone it gives the line before
// (https://github.com/go-yaml/yaml, decode.go, parser.fail).
func countedFromZero() []string {
	return []string{
		"did not find expected <stream-start>", "did not find expected <document start>",
		"did not find expected node content", "did not find expected key", "did not find expected '-' indicator",
		"did not find expected ',' or ']'", "did not find expected ',' or '}'", "found undefined tag handle",
		"found duplicate %YAML directive", "found duplicate %TAG directive", "found incompatible YAML document",
	}
}

// find is the line of a problem for which the library gives none: an alias of
// nothing, bytes that are no text, or anything on the first line.
func find(data []byte, problem string) int {
	offset := 0
	switch name, isAlias := strings.CutPrefix(problem, "unknown anchor '"); {
	case isAlias:
		name, _, _ = strings.Cut(name, "'")
		offset = bytes.Index(data, []byte("*"+name))
	case strings.Contains(problem, "control characters"):
		offset = bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0x7f })
	case strings.Contains(problem, "UTF-8"):
		offset = bytes.IndexFunc(data, func(r rune) bool { return r == utf8.RuneError })
	}
	return 1 + bytes.Count(data[:max(offset, 0)], []byte("\n"))
}
