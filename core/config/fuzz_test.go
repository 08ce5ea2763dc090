package config

import (
	"strings"
	"testing"
)

// FuzzYAML holds the parser to its word: whatever the bytes, it neither fails
// otherwise than by an error that names the file, nor lets a value through that
// the table would refuse.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"", "mqtt:\n  url: tcp://h\n", "policy: {dirs: [/a, /b]}", "a: &a [*a]", "log: *x", "---\n---\n", "<<: {a: 1}",
		"mqtt: &m\n  user: x\n  <<: *m\n", "? [a]\n: b\n", "state_dir: !!binary aGk=", "update: {parallel: 0x10}", "\x00", "\xff\xfe",
	} {
		f.Add([]byte(seed))
	}
	t0 := table(Keys())
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := parseYAML("edged.yaml", data, t0)
		if err != nil && !strings.Contains(err.Error(), "edged.yaml") {
			t.Errorf("error %q does not name the file", err)
		}
		for name, e := range found {
			key, known := t0.key(name)
			if !known || key.accept(e.value) != nil {
				t.Errorf("%s = %v came through", name, e.value)
			}
		}
	})
}
