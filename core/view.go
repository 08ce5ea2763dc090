package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	"edged/core/api"
	"edged/core/watch"
	"edged/engine"
)

// About is what the daemon shows of the parts that it does not own.
type About struct {
	Version string
	Broker  string // its URL
}

// Containers is what is known of all containers, sorted by name. It asks nobody.
func (d *Daemon) Containers() []api.Container {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]api.Container, 0, len(d.observed))
	for _, c := range d.observed {
		if !d.settings.Filter.excludes(c) {
			one := shown(c)
			one.Entity, _ = d.services.nameOf(c)
			out = append(out, one)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func shown(c watch.Container) api.Container {
	t := c.Detail.Container
	out := api.Container{
		Name: c.Name, Type: c.Detail.ServiceType, Group: c.Group(), Service: c.ComposeService(), ID: c.ID,
		Image: t.Image, State: c.State, Health: c.Health, Status: t.Status,
	}
	if t.Ports != "" {
		out.Ports = strings.Split(t.Ports, ", ")
	}
	out.Created, _ = time.Parse(time.RFC3339, t.CreatedAt)
	return out
}

// Status is how the daemon is.
func (d *Daemon) Status() api.Status {
	mqtt := api.MQTT{URL: d.about.Broker, Connected: d.online.Load()}
	if text := d.trouble.Load(); text != nil {
		mqtt.Error = *text
	}
	return api.Status{
		Version:  d.about.Version,
		Since:    d.since,
		Self:     d.ownName(),
		Engine:   d.engineStatus(),
		MQTT:     mqtt,
		Scripts:  d.scripts(),
		Requests: d.requests.running(),
	}
}

func (d *Daemon) engineStatus() api.Engine {
	if !d.isReady() {
		return api.Engine{Error: "waiting for the engine"}
	}
	status := d.identity
	status.Connected = d.watcher.Connected()
	return status
}

// ownName is the name of the container that edged runs in, as far as that is known.
func (d *Daemon) ownName() string {
	if !d.isReady() {
		return ""
	}
	return d.selfName
}

func (d *Daemon) isReady() bool {
	select {
	case <-d.ready:
		return true
	default:
		return false
	}
}

// notFound says in the API's words that the engine does not know something.
func notFound(err error) error {
	if errors.Is(err, engine.ErrNotFound) {
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	}
	return err
}

// Logs writes a container's log to w. It waits for the engine, as a request does.
func (d *Daemon) Logs(ctx context.Context, w io.Writer, name string, opts api.LogOptions) error {
	select {
	case <-d.ready:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.life.Done():
		return fmt.Errorf("logs of %s: %w: %w", name, api.ErrConflict, context.Cause(d.life))
	}
	if _, err := d.engine.State(ctx, name); err != nil {
		return notFound(err)
	}
	o := engine.LogsOptions{Follow: opts.Follow, Timestamps: opts.Timestamps, Details: opts.Details}
	if opts.Tail > 0 {
		o.Tail = strconv.Itoa(opts.Tail)
	}
	if !opts.Since.IsZero() {
		o.Since = opts.Since.Format(time.RFC3339Nano)
	}
	if !opts.Until.IsZero() {
		o.Until = opts.Until.Format(time.RFC3339Nano)
	}
	return notFound(d.engine.ContainerLogs(ctx, w, name, o))
}
