package api

import (
	"context"
	"errors"
	"io"
	"time"

	"edged/core/request"
)

// What a [Backend] says when it cannot serve; anything else is an internal error.
var (
	ErrNotFound = errors.New("not found") // no container or no request of that name
	ErrConflict = errors.New("conflict")  // not now, or not any more
)

// Backend does what the socket is asked for. Its errors say what they are about:
// they reach the user as they are.
type Backend interface {
	// Do carries req out, or joins the running or finished request of the same id. It calls progress for its steps, never
	// after it has returned, and returns the first result, final or deferred. When ctx ends it returns ctx's error; the
	// request goes on.
	Do(ctx context.Context, req request.Request, progress func(request.Progress)) (request.Result, error)
	// Cancel calls off a request; an update that has touched something is rolled back. ErrNotFound: there is none of that
	// id; ErrConflict: it is too late.
	Cancel(id string) error
	// Containers is what is known of all containers, sorted by name.
	Containers() []Container
	// Software is what there is of each type of module.
	Software(ctx context.Context) ([]request.Module, error)
	// Status is how the daemon is.
	Status() Status
	// Logs writes a container's log to w until it ends or ctx does. ErrNotFound, before anything is written: there is no
	// container of that name.
	Logs(ctx context.Context, w io.Writer, name string, opts LogOptions) error

	PolicyBackend
}

// LogOptions says which part of a log is wanted.
type LogOptions struct {
	Tail       int       // only so many of the newest lines; 0: all
	Since      time.Time // only what was written since; zero: all
	Until      time.Time // only what was written before; zero: all
	Follow     bool      // go on with what comes
	Timestamps bool      // put the time before each line
	Details    bool      // put what the log driver keeps beside each line before it
}
