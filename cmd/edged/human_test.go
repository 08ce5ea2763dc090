package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
)

func TestStepsFitTheTerminal(t *testing.T) {
	var drawn strings.Builder
	h := &human{out: &drawn, steps: &drawn, columns: 10}
	h.progress(request.Progress{Step: "gate", Text: "größer als das Fenster"})
	h.end()
	h.end()
	if want := "\rgate: grö\x1b[K\r\x1b[K"; drawn.String() != want {
		t.Errorf("drew %q, want %q", drawn.String(), want)
	}
}

func TestOnlyStepsWorthALine(t *testing.T) {
	steps := []request.Progress{
		{Step: "pull", Percent: 1, Total: 100, Bytes: 1}, {Step: "pull", Percent: 2, Total: 100, Bytes: 2},
		{Step: "pull", Percent: 11, Total: 100, Bytes: 11}, {Step: "pull", Percent: 9, Total: 120, Bytes: 11},
		{Step: "stop"}, {Step: "stop"}, {Step: "gate", Text: "a"}, {Step: "gate", Text: "b"}, {Step: "gate", Text: "b"},
	}
	var told strings.Builder
	h := &human{out: &told, steps: &told}
	for _, p := range steps {
		h.progress(p)
	}
	want := "pull   1 % (0.0 MB of 0.0 MB)\npull  11 % (0.0 MB of 0.0 MB)\nstop\ngate: a\ngate: b\n"
	if told.String() != want {
		t.Errorf("told %q, want %q", told.String(), want)
	}
}

func TestExitCodes(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{&outcomeError{13}, 13},
		{&usageError{errors.New("x")}, 64},
		{fmt.Errorf("run: %w", &configError{fs.ErrNotExist}), 78},
		{fmt.Errorf("x: %w", client.ErrNotRunning), 69},
		{&leftError{}, 130},
		{context.Canceled, 130},
		{&client.Error{Status: 400}, 64},
		{&client.Error{Status: 404}, 3},
		{&client.Error{Status: 409}, 4},
		{&client.Error{Status: 500}, 1},
		{api.ErrInUse, 1},
	}
	for _, tt := range tests {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("exitCode(%#v) = %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestConnection(t *testing.T) {
	for want, got := range map[string]string{
		"connected to docker 28 at a":                connection(true, "docker 28", "a", ""),
		"connected to a: another edged was heard":    connection(true, "", "a", "another edged was heard"),
		"not connected to a: nobody is at home":      connection(false, "", "a", "nobody is at home"),
		"not connected to -: waiting for the engine": connection(false, "", "", "waiting for the engine"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
