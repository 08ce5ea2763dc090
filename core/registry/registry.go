package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os/exec"

	"edged/hooks"
)

// Logins is where logins stand.
type Logins struct {
	Program string   // asked first, see [Logins.Auth]; empty or not there: none
	File    string   // the operator's, may be missing; empty: none
	Environ []string // NAME=value: has logins itself, and says where the engines' own files are
	Log     *slog.Logger
}

// Auth returns the value of X-Registry-Auth for an image, empty if no login is known. With refresh the program is told
// that what it gave before was refused. It is called as thin-edge.io's container plugin does (its
// docs/CONTAINER_REGISTRIES.md): "get IMAGE [--refresh]", and answers {"username":"...","password":"..."}. If it fails,
// so does Auth; what else can't be read is logged and skipped, since the image may need no login.
func (l *Logins) Auth(ctx context.Context, ref string, refresh bool) (string, error) {
	img, err := hooks.ParseImage(ref)
	if err != nil {
		return "", nil // the engine knows better words for what is wrong with it
	}
	if l.Program != "" {
		args := []string{"get", ref, "--refresh"}
		if !refresh {
			args = args[:2]
		}
		found, err := run(ctx, "", l.Program, args...)
		if missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist); err != nil && !missing {
			return "", fmt.Errorf("run %s: %w", l.Program, err)
		}
		if header := found.header(img.Registry); header != "" {
			return header, nil
		}
	}
	for _, source := range l.documents() {
		if header := l.find(ctx, source, img); header != "" {
			return header, nil
		}
	}
	return "", nil
}

// find looks for a login: with the helper that is meant for the registry, else with the one for all, and then in the
// document itself, the nearest name first: Podman knows logins for a part of a registry, such as quay.io/team (man
// containers-auth.json).
func (l *Logins) find(ctx context.Context, d document, img hooks.Image) string {
	helper := d.Store
	for key, name := range d.Helpers {
		if nameOf(key) == img.Registry {
			helper = name
		}
	}
	if helper != "" {
		address := img.Registry
		if address == hub {
			address = hubAddress
		}
		found, err := run(ctx, address, "docker-credential-"+helper, "get")
		if err != nil { // as it also ends when it knows no login
			l.Log.Debug("ask a credential helper", "helper", helper, "registry", address, "error", err)
		}
		if header := found.header(img.Registry); header != "" {
			return header
		}
	}
	best, header := "", ""
	for key, found := range d.Auths {
		name := nameOf(key)
		if len(name) > len(best) && within(img.Registry+"/"+img.Repository, name) {
			if text := found.header(img.Registry); text != "" {
				best, header = name, text
			}
		}
	}
	return header
}
