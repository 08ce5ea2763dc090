package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// stand is as much of an engine as edged needs to watch containers, which change
// faster than a real engine could make them.
type stand struct {
	host   string
	server *http.Server

	mu      sync.Mutex
	running []bool
	streams map[chan []byte]bool
}

// newStand listens on a unix socket and has count containers, all running.
func newStand(socket string, count int) (*stand, error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	s := &stand{host: "unix://" + socket, running: make([]bool, count), streams: map[chan []byte]bool{}}
	for i := range s.running {
		s.running[i] = true
	}
	s.server = &http.Server{Handler: s}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *stand) close() { _ = s.server.Close() }

func name(i int) string { return fmt.Sprintf("storm-%03d", i) }

// turn ends or starts a container, with the engine's event for it.
func (s *stand) turn(i int, run bool) {
	action, attributes := "start", map[string]string{"name": name(i), "image": "idle"}
	if !run {
		action, attributes["exitCode"] = "die", "1"
	}
	line, _ := json.Marshal(map[string]any{
		"Type": "container", "Action": action, "Actor": map[string]any{"ID": name(i), "Attributes": attributes}, "timeNano": time.Now().UnixNano(),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[i] = run
	for c := range s.streams {
		c <- append(line, '\n')
	}
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
func (s *stand) list(filter string) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	for i, running := range s.running {
		if strings.Contains(filter, "storm-") && !strings.Contains(filter, name(i)) {
			continue
		}
		state, status := "running", "Up 3 seconds"
		if !running {
			state, status = "exited", "Exited (1) 3 seconds ago"
		}
		out = append(out, map[string]any{"Id": name(i), "Names": []string{"/" + name(i)}, "Image": "idle", "State": state, "Status": status, "Labels": map[string]string{}})
	}
	return out
}

func (s *stand) stream(ctx context.Context, w http.ResponseWriter) {
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
