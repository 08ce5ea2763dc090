package watch

import (
	"context"
	"sync"
	"time"

	"edged/engine"
)

// lister makes one listing at a time, beside the loop that receives events.
type lister struct {
	engine  Engine
	results chan listing
	wait    sync.WaitGroup
	busy    bool             // a listing is under way
	all     bool             // everything must be listed
	retry   <-chan time.Time // after a failed listing: not before
	settled <-chan time.Time // when listings that were not believed are made again
}

// listing is what the engine answered about ids, or about everything.
type listing struct {
	ids   []string
	found []engine.TedgeContainer
	err   error
}

func (l *lister) start(ctx context.Context, ids []string) {
	l.busy = true
	l.wait.Go(func() {
		found, err := l.engine.List(ctx, engine.FilterOptions{IDs: ids})
		l.results <- listing{ids: ids, found: found, err: err}
	})
}
