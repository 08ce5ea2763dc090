// Package stand stands in for a container engine, as far as edged needs one to watch containers, which change faster than
// a real engine could make them.
package stand

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stand is an engine with containers that only seem to run.
type Stand struct {
	Host   string // unix:///path
	server *http.Server

	mu      sync.Mutex
	running []bool
	streams map[chan []byte]bool
}

// New listens on a unix socket and has count containers, all running.
func New(socket string, count int) (*Stand, error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	s := &Stand{Host: "unix://" + socket, running: make([]bool, count), streams: map[chan []byte]bool{}}
	for i := range s.running {
		s.running[i] = true
	}
	s.server = &http.Server{Handler: s}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close ends it.
func (s *Stand) Close() { _ = s.server.Close() }

// Name is the name of a container.
func Name(i int) string { return fmt.Sprintf("storm-%03d", i) }

// Turn ends or starts a container, with the engine's event for it.
func (s *Stand) Turn(i int, run bool) {
	action, attributes := "start", map[string]string{"name": Name(i), "image": "idle"}
	if !run {
		action, attributes["exitCode"] = "die", "1"
	}
	line, _ := json.Marshal(map[string]any{
		"Type": "container", "Action": action, "Actor": map[string]any{"ID": Name(i), "Attributes": attributes}, "timeNano": time.Now().UnixNano(),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[i] = run
	for c := range s.streams {
		c <- append(line, '\n')
	}
}

// Running is which containers run.
func (s *Stand) Running() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.running)
}

// Storm ends and starts containers in turn, so many times a second, for a while, and leaves every third of them ended.
func (s *Stand) Storm(ctx context.Context, rate int, while time.Duration) (sent int, took time.Duration) {
	begin, tick := time.Now(), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	count := len(s.Running())
	for time.Since(begin) < while && ctx.Err() == nil {
		<-tick.C
		for due := int(time.Since(begin).Seconds() * float64(rate)); sent < due; sent++ {
			s.Turn(sent/2%count, sent%2 == 1)
		}
	}
	took = time.Since(begin)
	for i := range count {
		s.Turn(i, i%3 != 0)
	}
	return sent, took
}

// ServeHTTP implements [http.Handler].
func (s *Stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	switch {
	case strings.HasSuffix(r.URL.Path, "/_ping"):
	case strings.HasSuffix(r.URL.Path, "/version"):
		_ = json.NewEncoder(w).Encode(map[string]any{"ApiVersion": "1.41", "Version": "20.10.24", "Components": []any{map[string]any{"Name": "Engine"}}})
	case strings.HasSuffix(r.URL.Path, "/events"):
		s.stream(r.Context(), w)
	case strings.HasSuffix(r.URL.Path, "/containers/json"):
		_ = json.NewEncoder(w).Encode(s.list(r.URL.Query().Get("filters")))
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintln(w, `{"message":"no such thing"}`)
	}
}

// list shows the containers that the filter names, or all.
func (s *Stand) list(filter string) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for i, running := range s.running {
		if strings.Contains(filter, "storm-") && !strings.Contains(filter, Name(i)) {
			continue
		}
		state, status := "running", "Up 3 seconds"
		if !running {
			state, status = "exited", "Exited (1) 3 seconds ago"
		}
		out = append(out, map[string]any{"Id": Name(i), "Names": []string{"/" + Name(i)}, "Image": "idle", "State": state, "Status": status, "Labels": map[string]string{}})
	}
	return out
}

func (s *Stand) stream(ctx context.Context, w http.ResponseWriter) {
	lines := make(chan []byte, 1000)
	s.mu.Lock()
	s.streams[lines] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.streams, lines)
	}()
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case line := <-lines:
			if _, err := w.Write(line); err != nil {
				return
			}
			_ = flush.Flush()
		case <-ctx.Done():
			return
		}
	}
}
