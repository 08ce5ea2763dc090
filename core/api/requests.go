package api

import (
	"context"
	"net/http"

	"edged/core/request"
	"edged/hooks"
)

// bodyMax bounds a request, in bytes.
const bodyMax = 256 << 10

type answer struct {
	result request.Result
	err    error
}

// postRequest carries a request out. The backend works on while a slow client
// reads: what it has no time for is dropped, the oldest first.
func (s *Server) postRequest(w http.ResponseWriter, r *http.Request) {
	req, err := decode(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		writeError(w, badRequest(err), err)
		return
	}
	req.Complete()
	req.Actor, req.Trigger = request.ActorCLI, hooks.TriggerCommand
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	steps := newSteps()
	done := make(chan answer, 1)
	go func() {
		result, err := s.backend.Do(ctx, req, steps.put)
		done <- answer{result, err}
	}()
	out := newStream(w)
	for {
		select {
		case p := <-steps.c:
			if out.send(Line{Progress: &p}) != nil {
				cancel()
			}
		case a := <-done:
			out.finish(steps, a)
			return
		}
	}
}

// finish writes what is left of the steps, and the answer. A client that has
// gone by then needs neither.
func (s *stream) finish(left *steps, a answer) {
	for {
		select {
		case p := <-left.c:
			_ = s.send(Line{Progress: &p})
			continue
		default:
		}
		break
	}
	switch {
	case a.err == nil:
		_ = s.send(Line{Result: &a.result})
	case s.begun:
		_ = s.send(Line{Error: a.err.Error()})
	default:
		writeError(s.w, statusOf(a.err), a.err)
	}
}

func (s *Server) deleteRequest(w http.ResponseWriter, r *http.Request) {
	if err := s.backend.Cancel(r.PathValue("id")); err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
