package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// eventEngine is a fake with a history: each connection gets the part of it that it asks for, up to where the script of
// the test breaks it.
type eventEngine struct {
	*fake
	mutex   sync.Mutex
	since   []string
	filters []string
	serve   func(connection int, w http.ResponseWriter, r *http.Request)
}

func newEventEngine(t *testing.T, path string, serve func(connection int, w http.ResponseWriter, r *http.Request)) *eventEngine {
	t.Helper()
	e := &eventEngine{fake: newFake(t), serve: serve}
	e.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		e.mutex.Lock()
		e.since = append(e.since, r.URL.Query().Get("since"))
		e.filters = append(e.filters, r.URL.Query().Get("filters"))
		connection := len(e.since)
		e.mutex.Unlock()
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		e.serve(connection, w, r)
	})
	return e
}

// line is an event at the given nanoseconds, so far in the future that none is older than the connection.
func line(action string, id int, nano int64) string {
	return fmt.Sprintf(`{"Type":"container","Action":%q,"Actor":{"ID":"c%d","Attributes":{}},"timeNano":%d}`+"\n",
		action, id, 3e18+nano)
}

// say writes the lines at once.
func say(w http.ResponseWriter, lines ...string) {
	io.WriteString(w, strings.Join(lines, ""))
	http.NewResponseController(w).Flush()
}

// stay keeps the connection open until the client leaves.
func stay(r *http.Request) { <-r.Context().Done() }

// collect reads n events of the stream as "action" or "action id".
func collect(t *testing.T, stream <-chan Event, n int) []string {
	t.Helper()
	var got []string
	for range n {
		select {
		case e := <-stream:
			got = append(got, strings.TrimSpace(string(e.Action)+" "+e.ID))
		case <-time.After(time.Minute):
			t.Fatalf("no more events after %v", got)
		}
	}
	return got
}

func TestEventsAcrossConnections(t *testing.T) {
	second := int64(time.Second)
	e := newEventEngine(t, "/events", func(connection int, w http.ResponseWriter, r *http.Request) {
		switch connection {
		case 1:
			say(w, line("create", 1, 0), line("start", 1, 2*second), line("exec_start: x", 1, 2*second), line("die", 1, 3*second))
		case 2: // once more what is not a second older than the last, and what was missed, one as old as the last seen
			say(w, line("start", 1, 2*second), line("die", 1, 3*second), line("die", 2, 3*second), line("start", 2, 4*second))
		default:
			say(w, line("start", 2, 4*second))
			stay(r)
		}
	})
	stream := e.client(t).Events(t.Context())
	got := collect(t, stream, 10)
	want := []string{
		"connected", "create c1", "start c1", "die c1", "disconnected",
		"connected", "die c2", "start c2", "disconnected", "connected",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if begin := fmt.Sprintf("%d.", time.Now().Unix()/100); !strings.HasPrefix(e.since[0], begin[:len(begin)-1]) {
		t.Errorf("first asked since %s", e.since[0])
	}
	if want := []string{"3000000002.000000000", "3000000003.000000000"}; !slices.Equal(e.since[1:3], want) {
		t.Errorf("then asked since %q, want %q", e.since[1:], want)
	}
}

func TestEventsTellWhyTheyBroke(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(w http.ResponseWriter)
		want   error
	}{
		{"end", func(http.ResponseWriter) {}, io.EOF},
		{"cut off", func(w http.ResponseWriter) { say(w, `{"Type":`) }, io.ErrUnexpectedEOF},
		{"junk", func(w http.ResponseWriter) { say(w, "<html>\n") }, nil},
		{"endless line", func(w http.ResponseWriter) { io.Copy(w, &endless{}) }, errLineTooLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEventEngine(t, "/events", func(connection int, w http.ResponseWriter, r *http.Request) {
				if connection == 1 {
					test.breaks(w)
					return
				}
				say(w, line("start", 1, 0))
				stay(r)
			})
			stream := e.client(t).Events(t.Context())
			if first := <-stream; first.Action != ActionConnected || first.Kind != KindEngine || first.Err != nil {
				t.Errorf("first %+v", first)
			}
			if broke := <-stream; broke.Action != ActionDisconnected || broke.Err == nil || !errors.Is(broke.Err, test.want) && test.want != nil {
				t.Errorf("then %+v", broke)
			}
			if got := collect(t, stream, 2); !slices.Equal(got, []string{"connected", "start c1"}) {
				t.Errorf("then %q", got)
			}
		})
	}
}

func TestEventsWaitForEngine(t *testing.T) {
	f := newFake(t)
	var mutex sync.Mutex
	refusals := 0
	f.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		refusals++
		refused := refusals < 4
		mutex.Unlock()
		if refused {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		say(w, line("start", 1, 0))
		stay(r)
	})
	if got := collect(t, f.client(t).Events(t.Context()), 2); !slices.Equal(got, []string{"connected", "start c1"}) {
		t.Errorf("got %q", got)
	}
}

func TestEventsDoNotTrustSilentEngine(t *testing.T) {
	f := newFake(t)
	asked := make(chan struct{}, 8)
	f.HandleFunc("/events", func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		stay(r)
	})
	f.client(t, WithCallTimeout(20*time.Millisecond)).Events(t.Context())
	for range 2 {
		select {
		case <-asked:
		case <-time.After(time.Minute):
			t.Fatal("did not try again")
		}
	}
}

func TestEventsOfPodman(t *testing.T) {
	e := newEventEngine(t, libpodPath+"/events", func(_ int, w http.ResponseWriter, r *http.Request) {
		say(w, podmanInit+"\n", podmanHealth+"\n", podmanHealth+"\n", podmanExec+"\n", podmanDied+"\n", podmanRemove+"\n")
		stay(r)
	})
	e.podman()
	stream := e.client(t).eventsOf(t.Context(), map[string][]string{"container": {"c1"}})
	if got := collect(t, stream, 4); !slices.Equal(got, []string{"connected", "health c1", "die c1", "destroy c1"}) {
		t.Errorf("got %q", got)
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.filters[0] != `{"container":["c1"]}` {
		t.Errorf("filters %s", e.filters[0])
	}
}

func TestEventsEndWithBlockedReader(t *testing.T) {
	e := newEventEngine(t, "/events", func(_ int, w http.ResponseWriter, r *http.Request) {
		for i := range 10 * eventBuffer {
			say(w, line("start", i, int64(i)))
		}
		stay(r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	stream := e.client(t).Events(ctx)
	<-stream
	cancel()
	for range stream {
	}
}

func TestMonitorEvents(t *testing.T) {
	e := newEventEngine(t, "/events", func(connection int, w http.ResponseWriter, r *http.Request) {
		say(w, line("start", connection, int64(connection)))
		if connection > 1 {
			stay(r)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	messages, failed := e.client(t).MonitorEvents(ctx)
	if a, b := <-messages, <-messages; a.Actor.ID != "c1" || b.Actor.ID != "c2" || b.Action != "start" {
		t.Errorf("got %+v and %+v", a, b)
	}
	cancel()
	for range messages {
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, open := <-failed; open {
		t.Error("the errors are not closed")
	}
}

func TestEventLatency(t *testing.T) {
	sent := make(chan time.Time, 1)
	e := newEventEngine(t, "/events", func(_ int, w http.ResponseWriter, r *http.Request) {
		for i := range 21 {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(5 * time.Millisecond):
			}
			sent <- time.Now()
			say(w, line("start", i, int64(i)))
		}
		stay(r)
	})
	stream := e.client(t).Events(t.Context())
	<-stream
	var took []time.Duration
	for range 21 {
		<-stream
		took = append(took, time.Since(<-sent))
	}
	slices.Sort(took)
	if median := took[len(took)/2]; median > 5*time.Millisecond {
		t.Errorf("median %s from the socket to the channel", median)
	} else {
		t.Logf("median %s from the socket to the channel", median)
	}
}

func TestPastEventsAskNoFurtherBackThanTheyRemember(t *testing.T) {
	var p pastEvents
	p.begin(time.Unix(50, 0))
	if got := p.since(); got != "50.000000000" {
		t.Errorf("at first since %s", got)
	}
	for i := range 3 * pastSize {
		m := &message{}
		m.TimeNano = 100e9 + int64(i)*int64(time.Millisecond)
		if !p.isNew(m) {
			t.Fatalf("event %d is not new", i)
		}
	}
	if got, want := p.since(), "100.512000000"; got != want {
		t.Errorf("since %s, want %s", got, want)
	}
	if len(p.ring) != pastSize {
		t.Errorf("remembers %d", len(p.ring))
	}
}
