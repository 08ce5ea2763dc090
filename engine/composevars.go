package engine

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// composeVars looks variables up as compose does: the process's environment before the file ".env" of the project.
func composeVars(dir string) (func(name string) (string, bool), error) {
	file, err := readDotEnv(filepath.Join(dir, ".env"))
	if err != nil {
		return nil, err
	}
	return func(name string) (string, bool) {
		if value, found := os.LookupEnv(name); found {
			return value, true
		}
		value, found := file[name]
		return value, found
	}, nil
}

// readDotEnv reads "NAME=value" lines; a value may be in quotes, "export " before the name and comments are skipped.
func readDotEnv(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	vars := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimPrefix(strings.TrimSpace(lines.Text()), "export ")
		name, value, found := strings.Cut(line, "=")
		if found && !strings.HasPrefix(line, "#") {
			vars[strings.TrimSpace(name)] = dotEnvValue(strings.TrimSpace(value))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return vars, nil
}

func dotEnvValue(value string) string {
	if len(value) > 0 && (value[0] == '"' || value[0] == '\'') {
		if end := strings.IndexByte(value[1:], value[0]); end >= 0 {
			return value[1 : end+1]
		}
	}
	value, _, _ = strings.Cut(value, " #")
	return strings.TrimSpace(value)
}

// interpolate replaces $NAME, ${NAME}, and ${NAME} with :- - :? ? :+ + and a word, which may have variables itself;
// $$ is a dollar. See https://docs.docker.com/reference/compose-file/interpolation/.
func interpolate(text string, lookup func(string) (string, bool)) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if after, dollar := strings.CutPrefix(rest, "$"); dollar {
			out.WriteByte('$')
			text = after
			continue
		}
		expression, after, err := cutVariable(rest)
		if err != nil {
			return "", fmt.Errorf("interpolate %q: %w", text, err)
		}
		value, err := variable(expression, lookup)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		text = after
	}
}

// cutVariable takes the expression off the text behind a dollar: a name, or what is between the matching braces.
func cutVariable(text string) (expression, after string, err error) {
	if !strings.HasPrefix(text, "{") {
		n := nameLength(text)
		if n == 0 {
			return "", "", fmt.Errorf("no name after $")
		}
		return text[:n], text[n:], nil
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], nil
			}
		}
	}
	return "", "", fmt.Errorf("no } after ${")
}

// variable is the value of NAME, NAME:-word, NAME:?word or NAME:+word; without the colon an empty value counts as set.
func variable(expression string, lookup func(string) (string, bool)) (string, error) {
	n := nameLength(expression)
	if n == 0 {
		return "", fmt.Errorf("interpolate ${%s}: no name", expression)
	}
	value, set := lookup(expression[:n])
	operator := expression[n:]
	if operator == "" {
		return value, nil
	}
	if strings.HasPrefix(operator, ":") {
		set = set && value != ""
		operator = operator[1:]
	}
	if operator == "" {
		return "", fmt.Errorf("interpolate ${%s}: no operator after the colon", expression)
	}
	word := operator[1:]
	switch {
	case operator[0] == '-' && !set, operator[0] == '+' && set:
		return interpolate(word, lookup)
	case operator[0] == '?' && !set:
		return "", fmt.Errorf("variable %s isn't set: %s", expression[:n], word)
	case operator[0] == '-', operator[0] == '?':
		return value, nil
	case operator[0] == '+':
		return "", nil
	}
	return "", fmt.Errorf("interpolate ${%s}: unknown operator", expression)
}

func nameLength(text string) int {
	for i := range len(text) {
		c := text[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(text)
}
