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

// calls are what can be asked, each with who answers.
var calls = []struct {
	pattern string
	answer  func(*Server, http.ResponseWriter, *http.Request)
}{
	{"POST /v1/requests", (*Server).postRequest},
	{"DELETE /v1/requests/{id}", (*Server).deleteRequest},
	{"GET /v1/containers", (*Server).getContainers},
	{"GET /v1/containers/{name}/logs", (*Server).getLogs},
	{"GET /v1/software", (*Server).getSoftware},
	{"GET /v1/status", (*Server).getStatus},
	{"GET /v1/policy", (*Server).getPolicy},
	{"POST /v1/policy/reload", (*Server).postReload},
	{"POST /v1/policy/wake", (*Server).postWake},
	{"POST /v1/policy/override", (*Server).postOverride},
	{"GET /v1/policy/decisions", (*Server).getDecisions},
	{"GET /v1/policy/decisions/{id}", (*Server).getDecision},
	{"/", (*Server).refuse},
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, c := range calls {
		mux.HandleFunc(c.pattern, func(w http.ResponseWriter, r *http.Request) { c.answer(s, w, r) })
	}
	return mux
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request) {
	writeError(w, http.StatusNotFound, fmt.Errorf("no such call: %s %s", r.Method, r.URL.Path))
}
