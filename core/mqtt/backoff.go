package mqtt

import (
	"errors"
	"math/rand/v2"
	"time"
)

// backoff grows the wait between attempts to connect.
type backoff struct {
	Retry
	wait time.Duration
}

// next returns how long to wait after err: the next in the row, or, for a
// refusal, always the same long time.
func (b *backoff) next(err error) time.Duration {
	switch {
	case errors.Is(err, errTwin):
		return jitter(b.Twin)
	case errors.Is(err, errRefused):
		return jitter(b.Refused)
	}
	b.wait = min(max(b.First, 2*b.wait), b.Most)
	return jitter(b.wait)
}

func (b *backoff) reset() { b.wait = 0 }

// jitter takes up to half off.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/2+1) }
