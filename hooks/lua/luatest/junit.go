package luatest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteJUnit writes a report in the form that CI systems read: a suite for each
// file, a case for each test.
func WriteJUnit(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%d\" failures=\"%d\">\n", len(r.Tests), r.Failed())
	for rest := r.Tests; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].File == rest[0].File {
			n++
		}
		writeSuite(&b, Report{Tests: rest[:n]})
		rest = rest[n:]
	}
	b.WriteString("</testsuites>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeSuite(b *strings.Builder, r Report) {
	took := time.Duration(0)
	for _, t := range r.Tests {
		took += t.Took
	}
	file := escape(r.Tests[0].File)
	fmt.Fprintf(b, "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" time=\"%.3f\">\n", file, len(r.Tests), r.Failed(), took.Seconds())
	for _, t := range r.Tests {
		fmt.Fprintf(b, "    <testcase classname=\"%s\" name=\"%s\" file=\"%s\" line=\"%d\" time=\"%.3f\"", file, escape(t.Name), file, t.Line, t.Took.Seconds())
		if t.Failure == nil {
			b.WriteString("/>\n")
			continue
		}
		first, _, _ := strings.Cut(t.Failure.Message, "\n")
		fmt.Fprintf(b, ">\n      <failure message=\"%s\">%s:%d: %s</failure>\n    </testcase>\n",
			escape(first), escape(t.Failure.File), t.Failure.Line, escape(t.Failure.Message))
	}
	b.WriteString("  </testsuite>\n")
}

// escape makes text fit for XML, which has no place for control characters.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
