package core

import (
	"context"
	"strings"
	"testing"
	"time"

	"edged/core/api"
)

func TestAlive(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		if err := r.Alive(r.Context()); err != nil {
			t.Error(err)
		}
	})
}

// An engine that is away for days is no reason to start edged anew.
func TestAliveWithoutEngine(t *testing.T) {
	connect := func(ctx context.Context) (Engine, api.Engine, error) {
		<-ctx.Done()
		return nil, api.Engine{}, ctx.Err()
	}
	d := New(t.Context(), connect, asking(t.TempDir(), &fakeScripts{}, &kept{}), &kept{}, Settings{}, About{}, quiet)
	if err := d.Alive(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestHangs(t *testing.T) {
	tests := map[string]func(*Daemon){
		"the loop of events does not come round": func(d *Daemon) { d.pulse = make(chan struct{}) },
		"what is known can't be read":            func(d *Daemon) { d.mu.Lock() },
	}
	for want, hang := range tests {
		d := New(t.Context(), nil, asking(t.TempDir(), &fakeScripts{}, &kept{}), &kept{}, Settings{}, About{}, quiet)
		close(d.ready)
		d.pulse = make(chan struct{}, 1)
		hang(d)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := d.Alive(ctx); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		cancel()
	}
}
