package engine

import (
	"context"
	"fmt"
	"io"
	"time"
)

// silence ends a pull about which the engine has had nothing to say for too long: engines wait without an end for a
// registry that accepts their request and sends nothing.
type silence struct {
	limit  time.Duration
	timer  *time.Timer // nil: no limit
	cancel context.CancelCauseFunc
}

// silenceError is a pull that was given up because nothing came any more.
type silenceError struct{ limit time.Duration }

func (e *silenceError) Error() string {
	return fmt.Sprintf("nothing has come from the registry for %s", e.limit)
}

// breakSilence returns a context that ends, with a [silenceError] as its cause, when nothing is read from what
// [silence.listen] returns for limit; 0 is no limit. The caller calls end.
func breakSilence(ctx context.Context, limit time.Duration) (context.Context, *silence) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &silence{limit: limit, cancel: cancel}
	if limit > 0 {
		s.timer = time.AfterFunc(limit, func() { cancel(&silenceError{limit}) })
	}
	return ctx, s
}

func (s *silence) end() {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.cancel(nil)
}

// listen is r, each word of which begins the limit anew.
func (s *silence) listen(r io.Reader) io.Reader {
	if s.timer == nil {
		return r
	}
	return readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		s.timer.Reset(s.limit)
		return n, err
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
