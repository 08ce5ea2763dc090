package check

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"edged/hooks"
)

// A need is one that a script asks for with edged.needs.
type need struct {
	line int
	kind string // such as mqtt.publish
	what string // such as alerts/#
}

// noteNeeds reads the arguments of edged.needs.
func (w *walker) noteNeeds(e *ast.FuncCallExpr) {
	for _, arg := range e.Args {
		t, ok := arg.(*ast.TableExpr)
		if !ok {
			continue
		}
		for _, f := range t.Fields {
			if s, ok := text(f.Value); ok {
				kind, what, _ := strings.Cut(s, ":")
				w.needs = append(w.needs, need{f.Value.Line(), kind, what})
			}
		}
	}
}

// unusedNeeds tells the needs that no call in the file makes use of. A call whose
// argument is made at run time may use any, and so may a library.
func (w *walker) unusedNeeds() {
	for _, n := range w.needs {
		if !w.used(n) {
			w.add(Warning, "unused-need", n.line, n.kind+":"+n.what, "nothing here needs '%s:%s'", n.kind, n.what)
		}
	}
}

func (w *walker) used(n need) bool {
	for _, c := range w.calls {
		if c.name == "edged.import" || c.of(n.kind) && (c.open || covers(n, c.arg)) {
			return true
		}
	}
	return false
}

// of reports whether a call may make use of needs of a kind.
func (c call) of(kind string) bool {
	if kind == "file.read" {
		return strings.HasPrefix(c.name, "edged.file.")
	}
	return c.name == "edged."+kind
}

// covers reports whether a call with this first argument makes use of the need.
func covers(n need, arg string) bool {
	if n.kind == "mqtt.publish" {
		return hooks.TopicMatches(n.what, arg)
	}
	stem, _, wild := strings.Cut(n.what, "*")
	return arg == n.what || wild && strings.HasPrefix(arg, stem)
}
