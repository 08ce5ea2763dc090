package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Options choose the parts of a whole lab.
type Options struct {
	NoDocker   bool
	NoPodman   bool
	NoMQTT     bool
	NoRegistry bool   // neither of the two, and no images in the engines
	Root       string // folder with the root file system whose engines to run; empty: the machine's
	Rootless   bool   // run the engines as a user without rights, see PodmanOptions
}

// Lab is one of everything: engines with the test images loaded, a broker, a registry and a registry with login.
type Lab struct {
	Folder    *Folder
	Docker    *Docker // nil when left out, as the others
	Podman    *Podman
	Mosquitto *Mosquitto
	Registry  *Registry
	Login     *Registry // the registry with login
	opts      Options

	mu    sync.Mutex
	stops []func() error // of what was started, in the order of starting
}

// Up starts the lab and returns when all of it serves. On error, nothing is left.
func Up(ctx context.Context, opts Options) (*Lab, error) {
	folder, err := NewFolder()
	if err != nil {
		return nil, err
	}
	l := &Lab{Folder: folder, opts: opts}
	if err := l.start(ctx, opts); err != nil {
		return nil, errors.Join(err, l.Stop())
	}
	return l, nil
}

// start brings the parts up together. Podman must know the registries' ports, hence the order.
func (l *Lab) start(ctx context.Context, opts Options) error {
	var early group
	early.run(!opts.NoRegistry, func() (err error) {
		l.Registry, err = StartRegistry(ctx, l.Folder, RegistryOptions{})
		return l.started(err, func() error { return l.Registry.Stop() })
	})
	early.run(!opts.NoRegistry, func() (err error) {
		l.Login, err = StartRegistry(ctx, l.Folder, RegistryOptions{Login: true})
		return l.started(err, func() error { return l.Login.Stop() })
	})
	early.run(!opts.NoDocker, func() (err error) {
		l.Docker, err = StartDocker(ctx, l.Folder, DockerOptions{Root: opts.Root, Rootless: opts.Rootless})
		return l.started(err, func() error { return l.Docker.Stop() })
	})
	early.run(!opts.NoMQTT, func() (err error) {
		l.Mosquitto, err = StartMosquitto(ctx, l.Folder, MosquittoOptions{})
		return l.started(err, func() error { return l.Mosquitto.Stop() })
	})
	if err := early.wait(); err != nil {
		return err
	}
	var late group
	late.run(!opts.NoPodman, func() (err error) {
		l.Podman, err = StartPodman(ctx, l.Folder, PodmanOptions{Insecure: l.registries(), Root: opts.Root, Rootless: opts.Rootless})
		return l.started(err, func() error { return l.Podman.Stop() })
	})
	for _, registry := range l.both() {
		late.run(true, func() error {
			user, password := registry.Login()
			return NewPusher(registry.Addr(), user, password).PushAll(ctx)
		})
	}
	if err := late.wait(); err != nil {
		return err
	}
	return l.loadImages(ctx)
}

// loadImages pulls the images of the open registry into the engines, so that tests need not wait for it.
func (l *Lab) loadImages(ctx context.Context) error {
	if l.Registry == nil {
		return nil
	}
	var pulls group
	for _, spec := range Images() {
		ref := l.Env().Image(spec.Name)
		pulls.run(l.Docker != nil, func() error { return l.Docker.Pull(ctx, ref, "", "") })
		pulls.run(l.Podman != nil, func() error { return l.Podman.Pull(ctx, ref, "", "") })
	}
	if err := pulls.wait(); err != nil {
		return fmt.Errorf("load images: %w", err)
	}
	return nil
}

// Env returns what tests need to know of the lab.
func (l *Lab) Env() *Env {
	env := &Env{Dir: l.Folder.Path, Root: l.opts.Root, Rootless: l.opts.Rootless}
	if l.Docker != nil {
		env.DockerHost = l.Docker.Host()
	}
	if l.Podman != nil {
		env.PodmanHost = l.Podman.Host()
	}
	if l.Mosquitto != nil {
		env.MQTTURL = l.Mosquitto.URL()
	}
	if l.Registry != nil {
		env.Registry = l.Registry.Addr()
	}
	if l.Login != nil {
		env.RegistryLogin = l.Login.Addr()
		env.RegistryUser, env.RegistryPassword = l.Login.Login()
	}
	return env
}

// Stop ends everything, the last started first, and removes the folder.
func (l *Lab) Stop() error {
	var err error
	for _, stop := range slices.Backward(l.stops) {
		err = errors.Join(err, stop())
	}
	return errors.Join(err, l.Folder.Close())
}

func (l *Lab) started(err error, stop func() error) error {
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stops = append(l.stops, stop)
	return nil
}

func (l *Lab) both() []*Registry {
	if l.Registry == nil {
		return nil
	}
	return []*Registry{l.Registry, l.Login}
}

func (l *Lab) registries() []string {
	var addrs []string
	for _, registry := range l.both() {
		addrs = append(addrs, registry.Addr())
	}
	return addrs
}

// group runs functions side by side and collects their errors.
type group struct {
	wg  sync.WaitGroup
	mu  sync.Mutex
	err error
}

func (g *group) run(wanted bool, f func() error) {
	if !wanted {
		return
	}
	g.wg.Go(func() {
		err := f()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.err = errors.Join(g.err, err)
	})
}

func (g *group) wait() error {
	g.wg.Wait()
	return g.err
}
