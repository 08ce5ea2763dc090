package hooks

import (
	"context"
	"errors"
	"testing"
)

func TestMemoryKV(t *testing.T) {
	kv := NewMemoryKV()
	tx, err := kv.Begin(t.Context(), "a.lua")
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(map[string]*KVEntry{"x": {Value: "1"}, "y": {Value: "2"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := kv.Begin(ctx, "a.lua"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one has it, too: %v", err)
	}
	other, err := kv.Begin(t.Context(), "b.lua")
	if err != nil || len(other.Entries()) != 0 {
		t.Errorf("b.lua sees %v, %v", other.Entries(), err)
	}
	tx.Close()
	if tx, err = kv.Begin(t.Context(), "a.lua"); err != nil {
		t.Fatal(err)
	}
	defer tx.Close()
	if err := tx.Commit(map[string]*KVEntry{"x": nil}); err != nil {
		t.Fatal(err)
	}
	if got := tx.Entries(); len(got) != 1 || got["y"].Value != "2" {
		t.Errorf("entries = %v", got)
	}
}
