package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The one account of a registry with login.
const (
	registryUser     = "lab"
	registryPassword = "lab-registry-password"
	// bcrypt of the password, at the lowest cost: it is checked on every request.
	registryHash = "$2a$04$bSnEv4DzsVn0QSKVlCFKjOFW.4M2HOnfAmoZzDZMvv9/aE076xIky"
)

// RegistryOptions choose how a private registry behaves.
type RegistryOptions struct {
	Login bool // only User may pull and push
}

// Registry is a private image registry on a loopback port, without TLS: Docker accepts that from 127.0.0.0/8, Podman
// is told by [PodmanOptions].
type Registry struct {
	service
	addr  string
	login bool
}

// StartRegistry starts a registry in folder and returns when it accepts connections.
func StartRegistry(ctx context.Context, folder *Folder, opts RegistryOptions) (*Registry, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	dir, err := os.MkdirTemp(folder.Path, "registry-")
	if err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	r := &Registry{addr: addr, login: opts.Login}
	r.service = service{
		name: "registry", dir: dir,
		argv:  []string{"docker-registry", "serve", filepath.Join(dir, "config.yml")},
		probe: dialProbe(addr),
	}
	if err := r.configure(); err != nil {
		return nil, fmt.Errorf("start registry: %w", err)
	}
	if err := r.Start(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

func (r *Registry) configure() error {
	conf := fmt.Sprintf(`version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %s/data}
  delete: {enabled: true}
http: {addr: %q}
`, r.dir, r.addr)
	if r.login {
		conf += fmt.Sprintf("auth: {htpasswd: {realm: lab, path: %s/htpasswd}}\n", r.dir)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(r.dir, "htpasswd"), []byte(registryUser+":"+registryHash+"\n"), 0o644),
		os.WriteFile(filepath.Join(r.dir, "config.yml"), []byte(conf), 0o644),
	)
}

// Addr returns 127.0.0.1:PORT, the first part of an image's name.
func (r *Registry) Addr() string { return r.addr }

// Login returns the account that may use the registry, both empty when anybody may.
func (r *Registry) Login() (user, password string) {
	if !r.login {
		return "", ""
	}
	return registryUser, registryPassword
}

// Stop ends the registry and removes its files.
func (r *Registry) Stop() error {
	r.end()
	if err := errors.Join(reap(r.dir), os.RemoveAll(r.dir)); err != nil {
		return fmt.Errorf("stop registry: %w", err)
	}
	return nil
}
