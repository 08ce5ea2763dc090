package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/pkg/stdcopy"
)

// journal is a list that grows and can be followed.
type journal[T any] struct {
	mu    sync.Mutex
	list  []T
	more  chan struct{} // closed, and replaced, when the list has grown or ended
	ended bool
}

func newJournal[T any]() journal[T] { return journal[T]{more: make(chan struct{})} }

func (j *journal[T]) change(change func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
	close(j.more)
	j.more = make(chan struct{})
}

func (j *journal[T]) append(entry T) { j.change(func() { j.list = append(j.list, entry) }) }

// follow calls each for every entry from the first one on, and then for new ones, until the journal or ctx ends.
func (j *journal[T]) follow(ctx context.Context, wait bool, each func(T)) {
	for next := 0; ; {
		j.mu.Lock()
		news, more, ended := slices.Clone(j.list[next:]), j.more, j.ended
		j.mu.Unlock()
		for _, entry := range news {
			each(entry)
		}
		next += len(news)
		if len(news) > 0 {
			continue
		}
		if ended || !wait {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// eventLog has every event since the fake was started; a real engine forgets.
type eventLog struct{ journal[events.Message] }

func newEventLog() *eventLog { return &eventLog{newJournal[events.Message]()} }

func (l *eventLog) add(kind events.Type, action events.Action, id string, attributes map[string]string) {
	now := time.Now()
	l.append(events.Message{
		Type: kind, Action: action, Actor: events.Actor{ID: id, Attributes: attributes},
		Scope: "local", Time: now.Unix(), TimeNano: now.UnixNano(),
	})
}

func (f *Fake) streamEvents(w http.ResponseWriter, r *http.Request) {
	since, err := instant(r.URL.Query().Get("since"))
	if err != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "%v", err))
		return
	}
	var filter map[string][]string
	_ = json.Unmarshal([]byte(r.URL.Query().Get("filters")), &filter) // none lets all through
	w.WriteHeader(http.StatusOK)
	flush(w)
	out := json.NewEncoder(w)
	f.events.follow(r.Context(), true, func(m events.Message) {
		if m.TimeNano < since || len(filter["container"]) > 0 && !slices.Contains(filter["container"], m.Actor.ID) {
			return
		}
		_ = out.Encode(m) // ctx ends when the client leaves
		flush(w)
	})
}

// instant reads "SECONDS.NANOSECONDS" as nanoseconds.
func instant(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	seconds, nanos, _ := strings.Cut(text, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return 0, err
	}
	n, _ := strconv.ParseInt((nanos + "000000000")[:9], 10, 64)
	return s*int64(time.Second) + n, nil
}

// logBook is what a container printed.
type logBook struct{ journal[logEntry] }

type logEntry struct {
	stream, text string
	at           time.Time
}

func newLogBook() *logBook { return &logBook{newJournal[logEntry]()} }

func (l *logBook) write(stream, text string) { l.append(logEntry{stream, text, time.Now()}) }
func (l *logBook) begin()                    { l.change(func() { l.ended = false }) }
func (l *logBook) end()                      { l.change(func() { l.ended = true }) }

func (f *Fake) streamLogs(w http.ResponseWriter, r *http.Request) {
	c, err := f.find(r.PathValue("id"))
	if err != nil {
		respond(w, nil, err)
		return
	}
	q := r.URL.Query()
	since, err := instant(q.Get("since"))
	until, err2 := instant(q.Get("until"))
	if err != nil || err2 != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "invalid time"))
		return
	}
	wanted := func(e logEntry) bool {
		return q.Get(e.stream) == "1" && e.at.UnixNano() >= since && (until == 0 || e.at.UnixNano() <= until)
	}
	skip := 0
	if n, err := strconv.Atoi(q.Get("tail")); err == nil {
		c.log.follow(r.Context(), false, func(e logEntry) {
			if wanted(e) {
				skip++
			}
		})
		skip -= n
	}
	w.WriteHeader(http.StatusOK)
	flush(w)
	c.log.follow(r.Context(), q.Get("follow") == "1", func(e logEntry) {
		if !wanted(e) {
			return
		}
		if skip--; skip >= 0 {
			return
		}
		if q.Get("details") == "1" {
			e.text = c.logDetails() + " " + e.text
		}
		e.writeTo(w, q.Get("timestamps") == "1", c.config.Tty)
	})
}

// logDetails are what is kept beside each line of the log: what the driver's options name.
func (c *fakeContainer) logDetails() string {
	kept := url.Values{}
	for _, entry := range c.config.Env {
		if name, value, _ := strings.Cut(entry, "="); name == c.host.LogConfig.Config["env"] {
			kept.Set(name, value)
		}
	}
	if name := c.host.LogConfig.Config["labels"]; name != "" {
		kept.Set(name, c.config.Labels[name])
	}
	return strings.ReplaceAll(kept.Encode(), "&", ",")
}

func (e logEntry) writeTo(w http.ResponseWriter, stamped, tty bool) {
	text := e.text
	if stamped {
		text = e.at.UTC().Format(time.RFC3339Nano) + " " + text
	}
	if tty {
		fmt.Fprint(w, text)
	} else {
		kind := stdcopy.Stdout
		if e.stream == "stderr" {
			kind = stdcopy.Stderr
		}
		_, _ = stdcopy.NewStdWriter(w, kind).Write([]byte(text)) // the client may have left
	}
	flush(w)
}
