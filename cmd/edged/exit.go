package main

import (
	"context"
	"errors"
	"net/http"

	"edged/core/api/client"
	"edged/core/request"
)

// Exit codes beside those of outcomes, see docs/cli.md. Those from 64 on are of
// sysexits.h.
const (
	exitFailure     = 1
	exitUpToDate    = 2   // of update --check
	exitUsage       = 64  // EX_USAGE
	exitNotRunning  = 69  // EX_UNAVAILABLE
	exitConfig      = 78  // EX_CONFIG
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// configError is a configuration that is wrong.
type configError struct{ error }

func (e *configError) Unwrap() error { return e.error }

// outcomeError carries the exit code of a result that has been printed.
type outcomeError struct{ code int }

// Error is empty: all is said.
func (*outcomeError) Error() string { return "" }

// busyError says that the daemon itself is in the way.
type busyError struct{ error }

func (e *busyError) Unwrap() error { return e.error }

// leftError says that the user has left before the end.
type leftError struct{ text string }

func (e *leftError) Error() string { return e.text }

func (*leftError) Unwrap() error { return context.Canceled }

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	outcome, usage, cfg, refused := new(outcomeError), new(usageError), new(configError), new(client.Error)
	busy := new(busyError)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &outcome):
		return outcome.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &cfg):
		return exitConfig
	case errors.As(err, &refused):
		return refusalCode(refused.Status)
	case errors.As(err, &busy):
		return request.Conflict.ExitCode()
	case errors.Is(err, client.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailure
	}
}

// refusalCode is the code of the outcome that the daemon's HTTP status stands for.
func refusalCode(status int) int {
	switch status {
	case http.StatusNotFound:
		return request.NotFound.ExitCode()
	case http.StatusConflict:
		return request.Conflict.ExitCode()
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return request.Invalid.ExitCode()
	default:
		return exitFailure
	}
}

// outcome is the error, if any, of a result that has been printed.
func outcome(req request.Request, res request.Result) error {
	code := res.Outcome.ExitCode()
	if req.Options.Check && res.Outcome == request.Unchanged {
		code = exitUpToDate
	}
	if code == 0 {
		return nil
	}
	return &outcomeError{code}
}
