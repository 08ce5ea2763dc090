package core

import (
	"cmp"
	"context"
	"maps"
	"strings"
	"time"

	"edged/core/request"
	"edged/engine"
	"edged/hooks"
)

// maxDescribed is how many images are remembered that the engine was asked about.
const maxDescribed = 64

// describe completes an image by what the device has under ref, a reference or an ID,
// and returns the ID of that; empty if there is nothing. What an ID means never changes
// and is asked for once.
func (d *Daemon) describe(ctx context.Context, img *hooks.Image, ref string) string {
	d.mu.Lock()
	stored, known := d.described[ref]
	d.mu.Unlock()
	if !known {
		var err error
		if stored, err = d.engine.Image(ctx, ref); err != nil {
			return ""
		}
		d.mu.Lock()
		if len(d.described) >= maxDescribed {
			clear(d.described)
		}
		d.described[stored.ID] = stored
		d.mu.Unlock()
	}
	img.Size, img.Arch = stored.Size, stored.Arch
	return stored.ID
}

// revisionOf is what a container is made from, and what it is run with.
func revisionOf(s engine.State) hooks.Revision {
	img, err := hooks.ParseImage(s.Image)
	if err != nil {
		img = hooks.Image{Ref: s.Image} // an ID
	}
	c := s.Settings
	return hooks.Revision{
		Image: img, Env: variables(nil, c.Env), Labels: s.Labels, Restart: c.Restart, Memory: c.Memory, CPUs: c.CPUs,
		StopTimeout: c.StopTimeout.Seconds(),
	}
}

// variables are known ones with others, NAME=value, in their place.
func variables(known map[string]string, entries []string) map[string]string {
	out := maps.Clone(known)
	if out == nil {
		out = map[string]string{}
	}
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		out[name] = value
	}
	return out
}

// asked is a revision with what a request asks for. What another image brings along
// is not known before it is here.
func asked(r hooks.Revision, o request.Options) hooks.Revision {
	r.Env, r.Labels = variables(r.Env, o.Env), maps.Clone(r.Labels)
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	maps.Copy(r.Labels, o.Labels)
	if o.Restart != "" {
		r.Restart = o.Restart
	}
	if o.Memory != 0 {
		r.Memory = o.Memory
	}
	if o.CPUs != 0 {
		r.CPUs = o.CPUs
	}
	return r
}

// compare shows an event what runs, what is to run, and in which fields that differs.
func (a *errand) compare(ctx context.Context, ev *hooks.Event, state engine.State) {
	current := revisionOf(state)
	ev.Current = &current
	a.describe(ctx, &current.Image, state.ImageID)
	if ev.Image == nil {
		ev.Image = new(current.Image)
	}
	if ev.Strategy == "" {
		return // nothing is replaced
	}
	id := a.describe(ctx, ev.Image, cmp.Or(a.request.Image, state.Image))
	desired := asked(current, a.request.Options)
	desired.Image = *ev.Image
	ev.Desired, ev.Changes = &desired, current.Differences(desired)
	if id != "" && id != state.ImageID && desired.Ref == current.Ref {
		ev.Changes = append([]string{"image"}, ev.Changes...)
	}
}

// compose shows an event what a container is to be that does not exist.
func (a *errand) compose(ctx context.Context, ev *hooks.Event) {
	a.describe(ctx, ev.Image, a.request.Image)
	desired := asked(hooks.Revision{Image: *ev.Image}, a.request.Options)
	desired.StopTimeout = time.Duration(a.request.Options.StopTimeout).Seconds()
	ev.Desired = &desired
}
