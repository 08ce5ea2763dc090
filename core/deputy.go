package core

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"edged/core/api"
	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
)

// newUpdater returns an Updater that has deputies.
func newUpdater(life context.Context, e Engine, identity api.Engine, w *watch.Watcher, s Settings, log *slog.Logger) *update.Updater {
	u := update.New(e, w, s.Gate, log)
	u.EnableDeputies(life, append(slices.Clone(s.Deputy), identity.Host))
	return u
}

// Deputise carries out what a deputy is ordered, see [update.Updater.Carry]. When ctx
// ends first, the result may be without an outcome; then it is to be called again.
func Deputise(ctx context.Context, connect Connect, o update.Order, log *slog.Logger, progress func(request.Progress)) (request.Result, error) {
	e, _, err := connect(ctx)
	if err != nil {
		return request.Result{}, fmt.Errorf("connect to the container engine: %w", err)
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	w := watch.New(e, log)
	wait.Go(func() { w.Run(watching) })
	return update.New(e, w, o.Gate, log).Carry(lifeOf(ctx), o, progress), nil
}
