package apidoc

import (
	"fmt"
	"strings"

	"edged/hooks/lua"
)

// manual returns docs/man/edged-policy.5.
func manual() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.\" Written by go generate ./hooks/lua/apidoc.`)
	line(`.TH EDGED-POLICY 5 "" edged "File formats"`)
	line(".SH NAME\nedged\\-policy \\- what policy scripts of edged find")
	line(".SH DESCRIPTION")
	line("Scripts are files *.lua in /usr/share/edged/policy.d and /etc/edged/policy.d; a file in the second takes the place of its namesake in the first.")
	line("They are asked in the order of their names before edged does anything to a container, and told afterwards.")
	line("docs/lua.md says more.")
	line(".PP\n.nf\nedged.before(\"pull\", function(ev)\n  if ev.image.registry ~= \"registry.example.com\" then\n    return edged.deny(\"only our registry is trusted\")\n  end\nend)\n.fi")
	line(".PP\nOperations: %s.", roff(strings.Join(ops(), ", ")))
	line(".PP\nNotices: %s, mqtt:\\fItopic\\fR.", roff(strings.Join(notices(), ", ")))
	for _, g := range groups() {
		line(".SH %s", g.title)
		for _, e := range g.entries {
			line(".TP\n.B %s\n%s", roff(call(e)), roff(entryDoc(e)))
		}
	}
	line(".SH EVENTS")
	for _, c := range lua.Classes() {
		line(".SS %s\n%s", roff(strings.TrimPrefix(c.Name, "edged.")), roff(c.Doc))
		for _, f := range c.Fields {
			line(".TP\n.B %s\n%s: %s", roff(f.Name), roff(kind(f)), roff(fieldDoc(f)))
			if f.In != "" {
				line("In: %s.", roff(f.In))
			}
		}
	}
	line(".SH SEE ALSO\n.BR edged (1)")
	return b.String()
}

func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
