package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	headerTimeout = 10 * time.Second // for a request's header to arrive
	writeTimeout  = 30 * time.Second // for a client to take one line
	grace         = 2 * time.Second  // for answers under way, at the end
)

// Server serves a [Backend] on a unix socket.
type Server struct {
	socket, group string
	backend       Backend
	handler       http.Handler
	log           *slog.Logger
	ready         chan struct{}
}

// New makes a server for the socket at path socket, which members of group may
// use beside its owner; an empty or unknown group leaves it to the owner's.
func New(socket, group string, backend Backend, log *slog.Logger) *Server {
	s := &Server{socket: socket, group: group, backend: backend, log: log, ready: make(chan struct{})}
	s.handler = s.routes()
	return s
}

// Ready is closed when the socket takes connections.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Run serves until ctx ends, and removes the socket then. It fails with
// [ErrInUse] when another daemon answers on the socket. A server runs once.
func (s *Server) Run(ctx context.Context) error {
	listener, err := listen(ctx, s.socket, s.group, s.log)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		// Requests end with the daemon: a log that is followed would never let it go.
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	close(s.ready)
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", s.socket, err)
	case <-ctx.Done():
	}
	// The name goes first: who comes now shall see that nobody is here.
	removed := os.Remove(s.socket)
	if errors.Is(removed, fs.ErrNotExist) {
		removed = nil
	}
	err = shutdown(context.WithoutCancel(ctx), srv)
	<-served
	return errors.Join(removed, err)
}

func shutdown(ctx context.Context, srv *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return srv.Close()
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/requests", s.postRequest)
	mux.HandleFunc("DELETE /v1/requests/{id}", s.deleteRequest)
	mux.HandleFunc("GET /v1/containers", s.getContainers)
	mux.HandleFunc("GET /v1/containers/{name}/logs", s.getLogs)
	mux.HandleFunc("GET /v1/software", s.getSoftware)
	mux.HandleFunc("GET /v1/status", s.getStatus)
	s.policyRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Errorf("no such call: %s %s", r.Method, r.URL.Path))
	})
	return mux
}
