package core

import (
	"context"
	"sort"

	"edged/hooks"
)

// Device is the device as scripts see it. It asks only the kernel.
func (d *Daemon) Device() hooks.Device {
	dev := d.device.Look()
	dev.Net.Online = d.online.Load()
	return dev
}

// Observed are the containers as scripts see them, by name. It asks nobody.
func (d *Daemon) Observed() []hooks.Container {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]hooks.Container, 0, len(d.observed))
	for _, c := range d.observed {
		if !d.settings.Filter.excludes(c) && !setAside(c.Name) {
			out = append(out, *observedContainer(c))
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// findDisk asks the engine, once and when somebody first wants to know, where it
// keeps images: Podman takes seconds for that on a small device.
func (d *Daemon) findDisk(ctx context.Context) {
	select {
	case <-d.wanted:
	case <-ctx.Done():
		return
	}
	root, err := d.engine.DataRoot(ctx)
	if err != nil {
		d.log.Warn("where the engine keeps images is not known", "error", err)
		return
	}
	d.disk.Store(&root)
}

// dataRoot is where the engine keeps images. Until that is known it is empty, and
// the root file system is looked at.
func (d *Daemon) dataRoot() string {
	select {
	case d.wanted <- struct{}{}:
	default:
	}
	if root := d.disk.Load(); root != nil {
		return *root
	}
	return ""
}
