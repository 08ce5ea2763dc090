package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parse makes a value of text from a variable, a flag or the table.
func (k Key) parse(text string) (any, error) {
	v, err := k.read(text)
	if err != nil {
		return nil, err
	}
	return v, k.accept(v)
}

func (k Key) read(text string) (any, error) {
	switch k.Kind {
	case Number:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("want a whole number, got %q", text)
		}
		return n, nil
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("want a duration with its unit, such as 90s or 250ms, got %q", text)
		}
		return d, nil
	case List:
		return split(text), nil
	default:
		return text, nil
	}
}

// accept says what is wrong with a value of the right type.
func (k Key) accept(v any) error {
	if d, ok := v.(time.Duration); ok && d < 0 {
		return fmt.Errorf("want a duration of at least 0s, got %s", d)
	}
	if text, ok := v.(string); ok && k.Choices != nil && !slices.Contains(k.Choices, text) {
		return fmt.Errorf("want %s, got %q", oneOf(k.Choices), text)
	}
	if k.check == nil {
		return nil
	}
	return k.check(v)
}

// split takes a list apart at its commas; blanks around an item do not count,
// and an empty text is an empty list.
func split(text string) []string {
	items := []string{}
	if strings.TrimSpace(text) == "" {
		return items
	}
	for item := range strings.SplitSeq(text, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}

// oneOf says "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
