package engine

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/docker/docker/api/types/events"
)

// EventKind is what an [Event] is about.
type EventKind string

// Kinds of events.
const (
	KindContainer EventKind = "container"
	KindImage     EventKind = "image"
	KindEngine    EventKind = "engine" // the stream itself: connected, disconnected
)

// Action is what happened. Podman's words are translated to Docker's.
type Action string

// Actions. Engines know more; those arrive under the engine's own word.
const (
	ActionCreate  Action = "create"
	ActionStart   Action = "start"
	ActionRestart Action = "restart"
	ActionStop    Action = "stop"
	ActionKill    Action = "kill"
	ActionDie     Action = "die"
	ActionOOM     Action = "oom" // Docker only: Podman has no such event, look at State.OOMKilled after die
	ActionPause   Action = "pause"
	ActionUnpause Action = "unpause"
	ActionRename  Action = "rename"
	ActionUpdate  Action = "update"
	ActionDestroy Action = "destroy"
	ActionHealth  Action = "health"

	ActionPull   Action = "pull"
	ActionTag    Action = "tag"
	ActionUntag  Action = "untag"
	ActionLoad   Action = "load"
	ActionImport Action = "import"
	ActionDelete Action = "delete"

	ActionConnected    Action = "connected"
	ActionDisconnected Action = "disconnected"
)

// Event is one event of the engine, or of the stream itself (Kind [KindEngine]).
type Event struct {
	Kind   EventKind
	Action Action
	// ID of the container or image.
	ID string
	// Name of the container, or the reference of the image.
	Name string
	// OldName is the name before a rename. Podman does not tell it.
	OldName string
	// Image that the container was made from, as configured.
	Image string
	// Health is healthy, unhealthy or starting; only with [ActionHealth].
	Health string
	// ExitCode, only with [ActionDie].
	ExitCode int
	// Labels of the container.
	Labels map[string]string
	// Time by the engine's clock.
	Time time.Time
	// Err is why the stream broke; only with [ActionDisconnected].
	Err error
}

// eventBuffer keeps a burst from waiting for the reader. An engine drops events for readers that are too slow.
const eventBuffer = 64

// Events delivers the engine's events until ctx ends, then closes the channel.
//
// When the stream breaks it says [ActionDisconnected], connects again by itself, and asks for what it missed since the
// last event, duplicates removed. Each time the stream stands, the first time too, it says [ActionConnected]: whoever
// keeps a table of containers lists and compares then, for an engine that restarted has lost its history (Docker keeps
// 256 events, in memory). Events of exec calls and of networks and volumes are left out.
func (c *ContainerClient) Events(ctx context.Context) <-chan Event {
	return c.eventsOf(ctx, nil)
}

// eventsOf is Events for what the engine's filters let through.
func (c *ContainerClient) eventsOf(ctx context.Context, filters map[string][]string) <-chan Event {
	out := make(chan Event, eventBuffer)
	stream := c.eventStream(filters)
	go func() {
		defer close(out)
		stream.follow(ctx, func(n notice) {
			if event, ok := n.event(); ok {
				select {
				case out <- event:
				case <-ctx.Done():
				}
			}
		})
	}()
	return out
}

// MonitorEvents delivers the engine's events in the Docker module's form, Podman's words translated to Docker's. It rests
// on the same stream as [ContainerClient.Events]: it reconnects by itself and loses nothing. The second channel
// gets one error, that of ctx, when that ends; then both are closed. The API that this one follows gives up when the
// stream breaks.
func (c *ContainerClient) MonitorEvents(ctx context.Context) (<-chan events.Message, <-chan error) {
	return c.eventStream(nil).messages(ctx)
}

// eventStream prepares a stream. Podman's own API is used if there is one: its compatible API does not say whether a
// container became healthy or unhealthy (https://github.com/containers/podman/issues/13493).
func (c *ContainerClient) eventStream(filters map[string][]string) *eventStream {
	if c.LibPod != nil {
		return newEventStream(c.LibPod.openEvents, true, c.callTimeout, filters)
	}
	open := func(ctx context.Context, query url.Values) (*http.Response, error) {
		return c.open(ctx, "/events", query)
	}
	return newEventStream(open, c.IsPodman(), c.callTimeout, filters)
}

// messages delivers the stream in the Docker module's form until ctx ends.
func (s *eventStream) messages(ctx context.Context) (<-chan events.Message, <-chan error) {
	out := make(chan events.Message, eventBuffer)
	failed := make(chan error, 1)
	go func() {
		defer close(out)
		defer close(failed)
		s.follow(ctx, func(n notice) {
			if n.message == nil {
				return
			}
			select {
			case out <- n.message.Message:
			case <-ctx.Done():
			}
		})
		failed <- ctx.Err()
	}()
	return out, failed
}
