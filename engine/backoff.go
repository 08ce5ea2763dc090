package engine

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the wait between attempts: it doubles from first to last, each time shortened by up to half at random, so
// that many waiters do not come back in step.
type backoff struct {
	first, last time.Duration
	next        time.Duration
}

func (b *backoff) reset() { b.next = 0 }

// wait blocks for the next delay, or until ctx ends, whose error it then returns.
func (b *backoff) wait(ctx context.Context) error { return pause(ctx, b.delay()) }

// pause blocks for d, or until ctx ends, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (b *backoff) delay() time.Duration {
	if b.next == 0 {
		b.next = b.first
	}
	d := min(b.next, b.last)
	b.next = min(2*d, b.last)
	return d - rand.N(d/2+1)
}
