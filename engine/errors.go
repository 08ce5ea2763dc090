package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// Sentinels, by what the caller does about them.
var (
	// ErrNotFound: the container, image or network does not exist. Asking again does not help.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the object's present state does not allow the call: name taken, not running, in use.
	ErrConflict = errors.New("conflict")
	// ErrUnreachable: the engine did not answer. The call may be made again later; whether it took effect is unknown.
	ErrUnreachable = errors.New("engine unreachable")
	// ErrNoImage: no image where one must be.
	ErrNoImage = errors.New("no container image found")
	// ErrPodmanAPIError: the socket does not speak Podman's own (libpod) API.
	ErrPodmanAPIError = errors.New("podman api not available")
)

// opError is an engine error with the operation in front and its kind for errors.Is beside the cause.
type opError struct {
	verb, object string
	kind, cause  error
}

func (e *opError) Error() string {
	cause := strings.Replace(e.cause.Error(), "Error response from daemon: ", "", 1)
	if e.object == "" {
		return e.verb + ": " + cause
	}
	return e.verb + " " + e.object + ": " + cause
}

func (e *opError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.cause}
	}
	return []error{e.kind, e.cause}
}

// wrapErr puts the operation before err and adds the sentinel that err amounts to. A nil err stays nil.
func wrapErr(verb, object string, err error) error {
	if err == nil {
		return nil
	}
	return &opError{verb: verb, object: object, kind: kindOf(err), cause: err}
}

// kindOf finds the sentinel of an error from the Docker module, from our own requests or from the transport.
func kindOf(err error) error {
	var status *statusError
	var transport *url.Error
	switch {
	case errors.As(err, &status) && status.kind() != nil:
		return status.kind()
	case cerrdefs.IsNotFound(err):
		return ErrNotFound
	case cerrdefs.IsConflict(err):
		return ErrConflict
	case cerrdefs.IsInternal(err):
		return podmanKind(err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case client.IsErrConnectionFailed(err), errors.As(err, &transport):
		return ErrUnreachable
	}
	return nil
}

// statusError is a refusal of the engine to a request of our own.
type statusError struct {
	code    int
	message string
}

func (e *statusError) Error() string {
	if e.message == "" {
		return fmt.Sprintf("engine answered %d %s", e.code, http.StatusText(e.code))
	}
	return e.message
}

func (e *statusError) kind() error {
	switch e.code {
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusInternalServerError:
		return podmanKind(e.message)
	}
	return nil
}
