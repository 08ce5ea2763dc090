package logging

import (
	"context"
	"log/slog"
	"sync"
)

// sink is a writer that must know the level of what is written next.
type sink interface {
	sync.Locker
	next(slog.Level)
}

// leveled tells the sink the level of each message that its handler then writes.
type leveled struct {
	slog.Handler
	sink sink
}

func (l *leveled) Handle(ctx context.Context, r slog.Record) error {
	l.sink.Lock()
	defer l.sink.Unlock()
	l.sink.next(r.Level)
	return l.Handler.Handle(ctx, r)
}

func (l *leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &leveled{l.Handler.WithAttrs(attrs), l.sink}
}

func (l *leveled) WithGroup(name string) slog.Handler {
	return &leveled{l.Handler.WithGroup(name), l.sink}
}

// priority is syslog(3)'s number for the level.
func priority(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	case l >= slog.LevelInfo:
		return 6
	default:
		return 7
	}
}
