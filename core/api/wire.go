package api

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Refusal is the body of an answer that is none.
type Refusal struct {
	Error string `json:"error"`
}

// statusOf is the HTTP status for a backend's error.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, ErrConflict):
		return http.StatusConflict
	case errors.Is(err, ErrRejected):
		return http.StatusUnprocessableEntity
	default:
		return http.StatusInternalServerError
	}
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, Refusal{Error: err.Error()})
}

// writeJSON writes a document. If the client has gone there is nobody to tell.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
