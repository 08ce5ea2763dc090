package core

import (
	"fmt"
	"time"

	"edged/core/report"
	"edged/core/watch"
	"edged/hooks"
)

// The types of the events that are told of a container.
const (
	containerCreated = "container_created"
	containerStarted = "container_started"
	containerDied    = "container_died"
	containerOOM     = "container_oom"
	containerRemoved = "container_removed"
	containerRenamed = "container_renamed"
	containerPaused  = "container_paused"
	containerResumed = "container_unpaused"
)

// happening is what happened to a container, once or several times.
type happening struct {
	event  report.Event
	times  int
	failed string // id of the container whose last log lines belong to it; empty: none do
}

// happened says in words what a change was made of. A change stands for all that
// became of the container since the one before; what happened twice is there once,
// with its number.
func happened(ch watch.Change, service string, now time.Time) (out []happening) {
	c, before := ch.Container, ch.Before
	add := func(times int, kind, text string, fields map[string]any) *happening {
		if fields == nil {
			fields = map[string]any{}
		}
		fields["container"], fields["image"] = c.Name, c.Detail.Container.Image
		e := report.Event{Service: service, Type: kind, Text: c.Name + " " + text, Time: now, Fields: fields}
		out = append(out, happening{event: e, times: times})
		return &out[len(out)-1]
	}
	if before.ID == "" {
		add(1, containerCreated, "was created", nil)
	}
	if before.ID != "" && before.Name != c.Name {
		add(1, containerRenamed, "was "+before.Name+" before", nil)
	}
	starts := ch.Exits + count(c.Running()) - count(before.Running())
	started := func() {
		if starts > 0 && !ch.Gone {
			add(starts, containerStarted, "has started", nil)
		}
	}
	if !c.Running() {
		started()
	}
	if ch.OOMs > 0 || ch.Exits > 0 && c.OOM {
		add(max(ch.OOMs, 1), containerOOM, "ran out of memory", nil)
	}
	if ch.Exits > 0 {
		h := add(ch.Exits, containerDied, fmt.Sprintf("ended with exit code %d", c.ExitCode), map[string]any{"exitCode": c.ExitCode, "oom": c.OOM})
		if c.ExitCode != 0 || c.OOM {
			h.failed = c.ID
		}
	}
	if c.Running() {
		started()
	}
	switch {
	case ch.Gone:
		add(1, containerRemoved, "was removed", nil)
	case c.State == "paused" && before.State != "paused":
		add(1, containerPaused, "was paused", nil)
	case before.State == "paused" && c.State == "running":
		add(1, containerResumed, "goes on", nil)
	}
	if c.Health != before.Health && c.Health != "" && c.Health != "starting" && !ch.Gone {
		add(1, "health_"+c.Health, "is "+c.Health, nil)
	}
	return out
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// chronicle tells what a change was made of, unless it is nobody's business. What
// existed when edged started did not happen.
func (d *Daemon) chronicle(ch watch.Change) {
	c := ch.Container
	if d.settings.Filter.excludes(c) || setAside(c.Name) {
		return
	}
	service, _ := d.services.nameOf(c)
	for _, r := range d.crashes.note(ch, service, time.Now()) {
		d.sink.Put(r)
		if a, ok := r.(report.Alarm); ok && a.Text != "" {
			ev := notice(hooks.NoticeCrashLoop, observedContainer(c))
			ev.ExitCode, ev.Exits, ev.Window = c.ExitCode, d.settings.CrashLoop.Threshold, d.settings.CrashLoop.Window.Seconds()
			d.notices.post(ev)
		}
	}
	if ch.Before.ID == "" && !d.all {
		return
	}
	for _, h := range happened(ch, service, time.Now()) {
		d.tales.note(h)
	}
}
