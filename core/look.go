package core

import (
	"context"
	"sort"
	"time"

	"edged/hooks"
)

// Device is the device as scripts see it. It asks only the kernel.
func (d *Daemon) Device() hooks.Device {
	dev := d.device.Look()
	dev.Net.Online = d.online.Load()
	return dev
}

// lookFor is how long the engine may be asked while a script waits.
const lookFor = 100 * time.Millisecond

// Observed are the containers as scripts see them, by name. The engine is asked only
// about what runs since before edged began to watch, and not for long: what it has not
// said by then is known the next time.
func (d *Daemon) Observed() []hooks.Container {
	d.mu.Lock()
	out := make([]hooks.Container, 0, len(d.observed))
	for _, c := range d.observed {
		if !d.settings.Filter.excludes(c) && !setAside(c.Name) {
			out = append(out, *observedContainer(c))
		}
	}
	d.mu.Unlock()
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	ctx, cancel := context.WithTimeout(d.life, lookFor)
	defer cancel()
	for i := range out {
		if c := &out[i]; c.Started.IsZero() && (c.State == "running" || c.State == "paused") && d.isReady() {
			c.Started = d.begun(ctx, c.ID)
		}
	}
	return out
}

// begun asks the engine when a container started, and remembers it.
func (d *Daemon) begun(ctx context.Context, id string) time.Time {
	state, err := d.engine.State(ctx, id)
	if err != nil {
		return time.Time{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c, ok := d.observed[id]; ok && c.Started.IsZero() {
		c.Started = state.StartedAt
		d.observed[id] = c
	}
	return state.StartedAt
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
	poke(d.wanted)
	if root := d.disk.Load(); root != nil {
		return *root
	}
	return ""
}
