package api

import (
	"errors"
	"log/slog"
	"net/http"
)

// NewClosed makes a server that holds the socket, so that no daemon starts, and
// answers every call with why there is none. Otherwise it is like [New].
func NewClosed(socket, group, why string, log *slog.Logger) *Server {
	s := New(socket, group, nil, log)
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusConflict, errors.New(why))
	})
	return s
}
