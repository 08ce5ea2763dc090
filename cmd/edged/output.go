package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"golang.org/x/sys/unix"

	"edged/core/api"
	"edged/core/request"
)

// format is the flag --output.
type format string

const asJSON format = "json"

func (f *format) String() string { return "human" }

func (f *format) Set(text string) error {
	if text != "human" && text != "json" {
		return fmt.Errorf("want human or json, got %q", text)
	}
	*f = format(text)
	return nil
}

func (f *format) Type() string { return "form" }

// reporter shows a request under way: any number of steps, then its result or,
// without one, its end.
type reporter interface {
	progress(request.Progress)
	result(request.Result)
	end()
}

func (a *app) newReporter() reporter {
	if a.output == asJSON {
		return &lines{enc: newEncoder(a.out)}
	}
	return &human{out: a.out, steps: a.errOut, columns: columns(a.errOut)}
}

// lines is the reporter for programs: a document on each line, as in the API.
// Who closes the pipe has seen enough, so that is no error.
type lines struct{ enc *json.Encoder }

func (l *lines) progress(p request.Progress) { _ = l.enc.Encode(api.Line{Progress: &p}) }

func (l *lines) result(r request.Result) { _ = l.enc.Encode(api.Line{Result: &r}) }

func (l *lines) end() {}

// show prints one document: as JSON, or by human for people.
func (a *app) show(document any, human func(io.Writer)) error {
	if a.output == asJSON {
		enc := newEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(document)
	}
	aligned := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	human(aligned)
	return aligned.Flush()
}

// newEncoder leaves < and > as they are: nothing here ends up in HTML.
func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// columns is the width of the terminal that w is, 0 if it is none.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	if size.Col == 0 { // such as a serial console, which does not know
		return 80
	}
	return int(size.Col)
}
