package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"edged/core/api"
	"edged/core/request"
)

// output is what a command line printed.
type output struct{ out, err string }

// cli runs edged's command line, which must end with code.
func (e *edged) cli(code int, args ...string) output {
	e.t.Helper()
	cmd := e.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		e.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		e.t.Fatalf("edged %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &errs)
	}
	return output{out.String(), errs.String()}
}

// ask is cli for a request, and gives its result and the steps before it.
func (e *edged) ask(code int, args ...string) (request.Result, []request.Progress) {
	e.t.Helper()
	lines := json.NewDecoder(strings.NewReader(e.cli(code, append([]string{"--output", "json"}, args...)...).out))
	var steps []request.Progress
	for {
		var line api.Line
		if err := lines.Decode(&line); err != nil {
			e.t.Fatalf("edged %s: no result: %v", strings.Join(args, " "), err)
		}
		if line.Result != nil {
			return *line.Result, steps
		}
		steps = append(steps, *line.Progress)
	}
}

// status is what `edged status` says.
func (e *edged) status() api.Status {
	e.t.Helper()
	var s api.Status
	e.decode(e.cli(0, "status", "--output", "json").out, &s)
	return s
}

// has checks that a text has all parts.
func has(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: no %q in:\n%s", what, part, text)
		}
	}
}
