package hooks

import (
	"context"
	"maps"
	"sync"
)

// MemoryKV is a [KV] that forgets everything with the process: for tests, and for
// trying scripts without a device.
type MemoryKV struct {
	mu      sync.Mutex
	scripts map[string]*memoryScript
}

// memoryScript is what one script keeps; free has a token while nobody holds it.
type memoryScript struct {
	free    chan struct{}
	entries map[string]KVEntry
}

// NewMemoryKV returns one without entries.
func NewMemoryKV() *MemoryKV { return &MemoryKV{scripts: map[string]*memoryScript{}} }

func (m *MemoryKV) script(name string) *memoryScript {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.scripts[name]
	if s == nil {
		s = &memoryScript{free: make(chan struct{}, 1), entries: map[string]KVEntry{}}
		s.free <- struct{}{}
		m.scripts[name] = s
	}
	return s
}

// Begin implements [KV].
func (m *MemoryKV) Begin(ctx context.Context, script string) (KVTx, error) {
	s := m.script(script)
	select {
	case <-s.free:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Entries implements [KVTx].
func (s *memoryScript) Entries() map[string]KVEntry { return s.entries }

// Commit implements [KVTx].
func (s *memoryScript) Commit(changes map[string]*KVEntry) error {
	next := maps.Clone(s.entries)
	for key, e := range changes {
		if e == nil {
			delete(next, key)
			continue
		}
		next[key] = *e
	}
	s.entries = next
	return nil
}

// Close implements [KVTx].
func (s *memoryScript) Close() { s.free <- struct{}{} }
