package core

import (
	"context"
	"strings"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
)

// strayPause is how often a container that an update may have left behind is looked at.
const strayPause = 5 * time.Second

// mindStray has a new container of an update recovered if no update of ours owns it: an
// engine that was making it for an edged that was killed may show it only after the next
// start has looked for what was interrupted.
func (d *Daemon) mindStray(ch watch.Change) {
	c := ch.Container
	of, next := strings.CutSuffix(c.Name, update.SuffixNext)
	labels := c.Detail.Container.Labels
	if ch.Gone || ch.Before.ID != "" || !next || labels[update.LabelReplaces] == "" || d.settings.Filter.excludes(c) {
		return
	}
	d.putRight(of, labels[update.LabelUpdate], strayPause, func() bool { return d.observes(c) && d.timesBroken(of) == 0 })
}

// putRight ends what the update of that id has left of the container of that name, after wait and when nobody else is at
// work on it, unless needed says that there is nothing to do any more.
func (d *Daemon) putRight(name, id string, wait time.Duration, needed func() bool) {
	d.requests.attend(func() {
		for pause(d.life, wait) == nil && needed() {
			r := request.Request{ID: id, Op: request.Update, Target: name}
			if d.requests.told(r) {
				r.ID = ""
			}
			r.Complete()
			if d.requests.claim(d.life, r, d.endStray) == nil {
				return
			}
		}
	})
}

// observes reports whether c exists under the name that it had.
func (d *Daemon) observes(c watch.Container) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.observed[c.ID].Name == c.Name
}

// endStray looks again, now that nobody else works on the container.
func (d *Daemon) endStray(ctx context.Context, j *job) request.Result {
	r := j.request
	res := request.Result{ID: r.ID, Op: r.Op, Target: r.Target, Started: j.started}
	found, err := d.updater.Interrupted(ctx, d.settings.Filter.matches)
	for _, i := range found {
		if i.Request().Target == r.Target {
			d.log.Warn("update was interrupted", "container", r.Target, "update", i.Request().ID)
			res = i.Resume(ctx, 1, j.progress)
			res.ID = r.ID
			return res
		}
	}
	if err != nil {
		return ended(res, request.Failed, err)
	}
	return ended(res, request.Unchanged, nil)
}
