package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// stream writes an answer bit by bit, and gives up on a client that takes
// nothing for [writeTimeout].
type stream struct {
	w     http.ResponseWriter
	ctl   *http.ResponseController
	begun bool // the client has been told that all is well so far
}

func newStream(w http.ResponseWriter) *stream {
	return &stream{w: w, ctl: http.NewResponseController(w)}
}

// Write implements [io.Writer]; every write reaches the client at once.
func (s *stream) Write(data []byte) (int, error) {
	if err := s.ctl.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	s.begun = true
	n, err := s.w.Write(data)
	if err == nil {
		err = s.ctl.Flush()
	}
	// No deadline between two writes: the end of the answer may be far away.
	return n, errors.Join(err, s.ctl.SetWriteDeadline(time.Time{}))
}

func (s *stream) send(line Line) error {
	if !s.begun {
		s.w.Header().Set("Content-Type", "application/x-ndjson")
	}
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = s.Write(append(data, '\n'))
	return err
}
