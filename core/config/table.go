package config

import "strings"

// table finds keys by their names.
type table []Key

func (t table) key(name string) (Key, bool) {
	return t.find(name, func(k Key) string { return k.Name })
}

func (t table) env(name string) (Key, bool) { return t.find(name, Key.Env) }

func (t table) find(name string, of func(Key) string) (Key, bool) {
	for _, k := range t {
		if of(k) == name {
			return k, true
		}
	}
	return Key{}, false
}

// section reports whether there are keys below name.
func (t table) section(name string) bool {
	for _, k := range t {
		if strings.HasPrefix(k.Name, name+".") {
			return true
		}
	}
	return false
}

func (t table) names() []string {
	names := make([]string, len(t))
	for i, k := range t {
		names[i] = k.Name
	}
	return names
}

func (t table) variables() []string {
	names := []string{FileVariable}
	for _, k := range t {
		names = append(names, k.Env())
	}
	return names
}
