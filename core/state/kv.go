package state

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"edged/hooks"
)

const (
	// settleTime is how long a change waits for others before it is written.
	settleTime = time.Second

	// writeEvery is the least time between two writings of one script's values:
	// flash wears.
	writeEvery = 10 * time.Second
)

// KV keeps what scripts remember, a [File] for each script. A change is on the disk
// after [settleTime], or after [writeEvery] if one was written just before; an edged
// that is killed meanwhile forgets it. It implements [hooks.KV].
type KV struct {
	dir   string
	log   *slog.Logger
	dirty chan struct{} // readable after a change

	mu      sync.Mutex
	scripts map[string]*values
}

// values are what one script keeps.
type values struct {
	kv   *KV
	file File
	free chan struct{} // has a token while no event holds them

	// Of who holds the token:
	loaded bool

	mu      sync.Mutex // for the writer, which does not wait for events
	entries map[string]hooks.KVEntry
	changed bool
	written time.Time
}

// NewKV returns a KV whose files are in a folder of the state folder dir.
func NewKV(dir string, log *slog.Logger) *KV {
	return &KV{dir: filepath.Join(dir, "kv"), log: log, dirty: make(chan struct{}, 1), scripts: map[string]*values{}}
}

// Begin implements [hooks.KV].
func (k *KV) Begin(ctx context.Context, script string) (hooks.KVTx, error) {
	v := k.of(script)
	select {
	case <-v.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	v.load()
	return v, nil
}

func (k *KV) of(script string) *values {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.scripts[script]
	if v == nil {
		v = &values{kv: k, file: New(k.dir, script), free: make(chan struct{}, 1)}
		v.free <- struct{}{}
		k.scripts[script] = v
	}
	return v
}

// load reads the values once. A script whose file is broken begins anew: it would
// otherwise fail from now on.
func (v *values) load() {
	if v.loaded {
		return
	}
	entries := map[string]hooks.KVEntry{}
	err := v.file.Load(&entries)
	if err == nil {
		if err = check(entries); err != nil {
			err = v.file.setAside(fmt.Errorf("read state: %s: %w", v.file.path, err))
		}
	}
	if err != nil {
		v.kv.log.Error("what a script has kept is lost", "error", err)
		entries = map[string]hooks.KVEntry{}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.entries, v.loaded = entries, true
}

// check looks for what scripts could not have written.
func check(entries map[string]hooks.KVEntry) error {
	total := 0
	for key, e := range entries {
		total += len(key) + len(e.Value)
		if !json.Valid([]byte(e.Value)) {
			return fmt.Errorf("the value of %q is no JSON", key)
		}
	}
	if len(entries) > hooks.KVKeys || total > hooks.KVTotal {
		return fmt.Errorf("it has %d keys and %d bytes, more than %d and %d", len(entries), total, hooks.KVKeys, hooks.KVTotal)
	}
	return nil
}

// Entries implements [hooks.KVTx].
func (v *values) Entries() map[string]hooks.KVEntry { return v.entries }

// Commit implements [hooks.KVTx].
func (v *values) Commit(changes map[string]*hooks.KVEntry) error {
	next := make(map[string]hooks.KVEntry, len(v.entries)+len(changes))
	now := time.Now()
	for key, e := range v.entries {
		if e.Expires.IsZero() || e.Expires.After(now) {
			next[key] = e
		}
	}
	for key, e := range changes {
		if e == nil {
			delete(next, key)
		} else {
			next[key] = *e
		}
	}
	if maps.Equal(next, v.entries) {
		return nil
	}
	v.mu.Lock()
	v.entries, v.changed = next, true
	v.mu.Unlock()
	select {
	case v.kv.dirty <- struct{}{}:
	default:
	}
	return nil
}

// Close implements [hooks.KVTx].
func (v *values) Close() { v.free <- struct{}{} }

// Run writes what changes until ctx ends, and then what is left to write.
func (k *KV) Run(ctx context.Context) {
	var due <-chan time.Time // of what has changed
	for {
		select {
		case <-k.dirty:
			if due == nil { // what changes all the time is written, too
				due = time.After(settleTime)
			}
		case <-due:
			due = nil
			if wait := k.flush(time.Now()); wait > 0 {
				due = time.After(wait)
			}
		case <-ctx.Done():
			k.flush(time.Time{})
			return
		}
	}
}

// flush writes what has changed and may be written at now, and returns how long the
// rest must wait. The zero time is the end: everything is written.
func (k *KV) flush(now time.Time) (wait time.Duration) {
	k.mu.Lock()
	all := make([]*values, 0, len(k.scripts))
	for _, v := range k.scripts {
		all = append(all, v)
	}
	k.mu.Unlock()
	for _, v := range all {
		if left := v.flush(now); left > 0 && (wait == 0 || left < wait) {
			wait = left
		}
	}
	return wait
}

func (v *values) flush(now time.Time) (wait time.Duration) {
	v.mu.Lock()
	entries, changed := v.entries, v.changed
	if changed && !now.IsZero() && !v.written.IsZero() {
		wait = writeEvery - now.Sub(v.written)
	}
	if !changed || wait > 0 {
		v.mu.Unlock()
		return wait
	}
	v.changed, v.written = false, time.Now()
	v.mu.Unlock()
	var err error
	if len(entries) == 0 {
		err = v.file.Remove()
	} else {
		err = v.file.Write(entries)
	}
	if err != nil {
		v.kv.log.Error("what a script keeps can't be written; edged tries again", "error", err)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.changed = true
		return writeEvery
	}
	return 0
}
