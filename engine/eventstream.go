package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// notice is what an event stream says: an event, or that it stands (ActionConnected) or broke (ActionDisconnected, err).
type notice struct {
	message *message
	action  Action
	err     error
}

// eventSource asks an engine for its events.
type eventSource func(ctx context.Context, query url.Values) (*http.Response, error)

// eventStream follows one engine's events over any number of connections.
type eventStream struct {
	open    eventSource
	podman  bool
	timeout time.Duration // until the engine has begun its answer
	filters string        // as JSON
	past    pastEvents
	health  healthMemory
}

// newEventStream prepares a stream that connects by open. The filters are those of the engines' API.
func newEventStream(open eventSource, podman bool, timeout time.Duration, filters map[string][]string) *eventStream {
	s := &eventStream{open: open, podman: podman, timeout: timeout, health: healthMemory{}}
	if len(filters) > 0 {
		text, _ := json.Marshal(filters) // a map of strings has a JSON form
		s.filters = string(text)
	}
	return s
}

// follow reports what happens until ctx ends.
func (s *eventStream) follow(ctx context.Context, report func(notice)) {
	retry := backoff{first: 50 * time.Millisecond, last: 2 * time.Second}
	s.past.begin(time.Now())
	for {
		err := s.once(ctx, func(n notice) {
			if n.message != nil {
				retry.reset()
			}
			report(n)
		})
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errLineTooLong) {
			// Asking for the same events again would bring the same line.
			s.past.begin(time.Now())
		}
		if retry.wait(ctx) != nil {
			return
		}
	}
}

// once follows one connection until it breaks. Each connected has its disconnected; an attempt that failed says nothing.
func (s *eventStream) once(ctx context.Context, report func(notice)) error {
	body, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	report(notice{action: ActionConnected})
	err = s.read(body, report)
	report(notice{action: ActionDisconnected, err: wrapErr("follow events", "", err)})
	return err
}

// connect asks for the events from the last one on. The engine begins its answer at once, before any event.
func (s *eventStream) connect(ctx context.Context) (io.ReadCloser, error) {
	query := url.Values{"since": {s.past.since()}}
	if s.filters != "" {
		query.Set("filters", s.filters)
	}
	ctx, cancel := context.WithCancel(ctx)
	silence := time.AfterFunc(s.timeout, cancel)
	resp, err := s.open(ctx, query)
	if err != nil {
		cancel()
		return nil, wrapErr("connect to events", "", err)
	}
	if !silence.Stop() {
		cancel()
		resp.Body.Close()
		return nil, fmt.Errorf("connect to events: %w", ErrUnreachable)
	}
	return &cancelBody{ReadCloser: resp.Body, cancel: cancel}, nil
}

// cancelBody frees the request's context with the body.
type cancelBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// read reports the events of one connection that are new.
func (s *eventStream) read(body io.Reader, report func(notice)) error {
	lines := newLineReader(body, maxLine)
	for {
		line, err := lines.next()
		if err != nil {
			return err
		}
		m, err := decodeEvent(line, s.podman)
		if err != nil {
			return err
		}
		if m != nil && s.past.isNew(m) && (!s.podman || s.health.isChange(m)) {
			report(notice{message: m})
		}
	}
}
