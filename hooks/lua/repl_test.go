package lua

import (
	"errors"
	"strings"
	"testing"

	"edged/hooks"
)

func TestRepl(t *testing.T) {
	s, err := Load(Options{Sources: []hooks.Source{{Name: "lib/units.lua", Text: "return { kilo = 1000 }"}}, KV: hooks.NewMemoryKV()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.NewRepl(t.Context(), pullEvent("nginx"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, tt := range []struct{ line, want, fails string }{
		{"1 + 1", "2", ""},
		{"ev.image.registry, #ev.id", "\"docker.io\"\n2", ""},
		{"x = { 1, 'a', b = true, [2.5] = {} }", "", ""},
		{"x -- still there", `{ 1, "a", [2.5] = {}, b = true }`, ""},
		{"nil", "nil", ""},
		{"edged.kv.incr('n')", "1", ""},
		{"edged.kv.incr('n')", "2", ""},
		{"edged.deny('no')", "edged.deny: no", ""},
		{"edged.defer('90s')", "edged.defer: 1m30s", ""},
		{"edged.restart { container = 'web' }", "edged.restart web map[]", ""},
		{"edged.import('lib/units').kilo", "1000", ""},
		{"edged.dny('no')", "", "line:1: "},
		{"error('oops')", "", "line:1: oops"},
		{"x = = 1", "", "line:1: syntax error near '='"},
		{"function f(a)", "", ErrIncomplete.Error()},
		{"function f(a)\n return a * 2 end", "", ""},
		{"f(21)", "42", ""},
		{"while true do end", "", "line:1: "},
		{"f(4)", "8", ""},
	} {
		got, err := r.Eval(t.Context(), tt.line)
		if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.fails)) {
			t.Errorf("%s: error %v, want %q", tt.line, err, tt.fails)
		}
		if got != tt.want {
			t.Errorf("%s gives\n%s\nwant\n%s", tt.line, got, tt.want)
		}
		if tt.fails == ErrIncomplete.Error() && !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %v is not ErrIncomplete", tt.line, err)
		}
	}
}
