package config

import (
	"strings"
	"time"
)

// Origins is every setting in the order of [Keys], with where it came from.
type Origins []Setting

// Setting is one effective value.
type Setting struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`  // string, int or []string; a duration is text, a secret is stars
	Origin string `json:"origin"` // default, file:line, a variable's name, or a flag with its dashes
}

// Of says where the key's value came from; empty for an unknown key.
func (o Origins) Of(key string) string {
	for _, s := range o {
		if s.Key == key {
			return s.Origin
		}
	}
	return ""
}

func newOrigins(t table, top layer) Origins {
	o := make(Origins, len(t))
	for i, k := range t {
		e := top[k.Name]
		o[i] = Setting{Key: k.Name, Value: shown(k, e.value), Origin: e.origin}
	}
	return o
}

// shown is the value in a form for people and JSON.
func shown(k Key, v any) any {
	if k.Secret && v != "" {
		return "********"
	}
	if d, ok := v.(time.Duration); ok {
		return shortDuration(d)
	}
	return v
}

// shortDuration drops the zero units that [time.Duration.String] writes: 1m0s is 1m.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
