package engine

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Why an image couldn't be had, by what the caller does about it.
var (
	// ErrUnauthorized: the registry wants other credentials.
	ErrUnauthorized = errors.New("registry refused the credentials")
	// ErrRegistry: the registry can't be reached, is overloaded, or broke off. Trying later may help.
	ErrRegistry = errors.New("registry failed")
	// ErrOffline is ErrRegistry where the registry could not even be asked: no network, no name, nobody listens.
	ErrOffline = fmt.Errorf("%w: it can't be reached", ErrRegistry)
	// ErrDiskFull: there is no room for the image.
	ErrDiskFull = errors.New("no space left on device")
	// errImageNotFound is both: what does not exist is the image, and not the container that it was for.
	errImageNotFound = errors.Join(ErrNotFound, ErrNoImage)
)

// pullKind finds the sentinel of a failed pull. Engines pass the registry's answer on as text, so text is all there is;
// each is as its source prints it: the registry's error codes (distribution spec), Go's net package, containers/image.
func pullKind(err error) error {
	var status *statusError
	if errors.As(err, &status) && (status.code == http.StatusUnauthorized || status.code == http.StatusForbidden) {
		return ErrUnauthorized
	}
	var silent *silenceError
	if errors.As(err, &silent) {
		return ErrRegistry
	}
	text := strings.ToLower(err.Error())
	for _, kind := range []struct {
		sentinel error
		signs    []string
	}{
		{ErrDiskFull, []string{"no space left on device", "disk quota exceeded"}},
		{ErrPlatform, []string{"no matching manifest", "no image found in manifest list", "no image found in image index"}},
		{ErrRegistry, []string{"toomanyrequests", "too many requests", "status: 429", "status 429"}},
		{ErrUnauthorized, []string{"may require 'docker login'"}}, // Docker on a refusal: "repository does not exist or ..."
		{ErrNotFound, []string{"manifest unknown", "not found", "no such image", "name unknown", "repository does not exist"}},
		{ErrUnauthorized, []string{"unauthorized", "authentication required", "no basic auth credentials", "access denied",
			"access to the resource is denied", "incorrect username or password", "denied:", "403 forbidden", "invalid username/password"}},
		{ErrOffline, []string{"dial tcp", "connection refused", "no such host", "server misbehaving", "network is unreachable",
			"no route to host", "waiting for connection"}},
		{ErrRegistry, []string{"connection reset", "timeout", "timed out", "eof", "tls:", "x509:", "status: 5", "status code 5",
			"500 internal", "502 bad", "503 service", "504 gateway", "unexpected http status", "server gave http response",
			"pinging container registry", "filesystem layer verification failed", "digest did not match", "unexpected status"}},
	} {
		for _, sign := range kind.signs {
			if strings.Contains(text, sign) {
				return kind.sentinel
			}
		}
	}
	return nil
}

// pullErr puts the sentinel of a failed pull beside its cause.
func pullErr(ref string, err error) error {
	if err == nil {
		return nil
	}
	kind := kindOf(err)
	if kind == nil || errors.Is(kind, ErrNotFound) {
		if found := pullKind(err); found != nil {
			kind = found
		}
	}
	if errors.Is(kind, ErrNotFound) {
		kind = errImageNotFound
	}
	return &opError{verb: "pull image", object: ref, kind: kind, cause: err}
}

// worthRetrying reports whether the same pull may succeed a moment later. Wrong credentials are worth one more attempt
// if there is someone to ask for better ones.
func worthRetrying(err error, refreshable bool) bool {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return refreshable
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrPlatform), errors.Is(err, ErrDiskFull):
		return false
	}
	return true
}
