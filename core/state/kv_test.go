package state

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/hooks"
)

// store is a KV at work in a bubble.
type store struct {
	t *testing.T
	*KV
	log  strings.Builder
	stop func()
}

func open(t *testing.T, dir string) *store {
	s := &store{t: t}
	s.KV = NewKV(dir, slog.New(slog.NewTextHandler(&s.log, nil)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	s.stop = func() { stop(); <-done }
	return s
}

// with does something within a transaction.
func (s *store) with(script string, do func(hooks.KVTx)) {
	s.t.Helper()
	tx, err := s.Begin(s.t.Context(), script)
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Close()
	do(tx)
}

func (s *store) set(script, key, value string) {
	s.t.Helper()
	s.with(script, func(tx hooks.KVTx) {
		if err := tx.Commit(map[string]*hooks.KVEntry{key: {Value: value}}); err != nil {
			s.t.Error(err)
		}
	})
}

func (s *store) all(script string) (got map[string]string) {
	s.t.Helper()
	got = map[string]string{}
	s.with(script, func(tx hooks.KVTx) {
		for key, e := range tx.Entries() {
			got[key] = e.Value
		}
	})
	return got
}

func TestKVOutlivesEdged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		s.set("a.lua", "n", "1")
		s.set("a.lua", "text", `"x"`)
		s.set("b.lua", "n", "2")
		<-time.After(settleTime)
		synctest.Wait()
		// As after a power cut: nobody has written anything at the end.
		cut := open(t, dir)
		if a, b := cut.all("a.lua"), cut.all("b.lua"); !maps.Equal(a, map[string]string{"n": "1", "text": `"x"`}) || !maps.Equal(b, map[string]string{"n": "2"}) {
			t.Errorf("after a power cut: %v, %v", a, b)
		}
		cut.stop()
		s.set("a.lua", "n", "3")
		s.with("b.lua", func(tx hooks.KVTx) {
			if err := tx.Commit(map[string]*hooks.KVEntry{"n": nil}); err != nil {
				t.Error(err)
			}
		})
		s.stop()
		s = open(t, dir)
		defer s.stop()
		if a, b := s.all("a.lua"), s.all("b.lua"); a["n"] != "3" || len(b) != 0 {
			t.Errorf("after an orderly end: %v, %v", a, b)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "kv", "*")); err != nil || len(left) != 1 {
			t.Errorf("files: %v, %v; want none for a script that keeps nothing", left, err)
		}
	})
}

func TestKVWritesSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		defer s.stop()
		writes, last := 0, ""
		for i := range 600 {
			s.set("a.lua", "n", strings.Repeat("1", 1+i%7))
			s.set("a.lua", "n", strings.Repeat("1", 1+i%7)) // no change
			<-time.After(100 * time.Millisecond)
			synctest.Wait()
			if text, _ := os.ReadFile(filepath.Join(dir, "kv", "a.lua.json")); string(text) != last {
				writes, last = writes+1, string(text)
			}
		}
		if writes < 3 || writes > 7 {
			t.Errorf("written %d times in a minute", writes)
		}
	})
}

func TestKVExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.stop()
		s.with("a.lua", func(tx hooks.KVTx) {
			_ = tx.Commit(map[string]*hooks.KVEntry{"short": {Value: "1", Expires: time.Now().Add(time.Minute)}, "long": {Value: "1"}})
		})
		<-time.After(2 * time.Minute)
		s.set("a.lua", "other", "1")
		if got := s.all("a.lua"); !maps.Equal(got, map[string]string{"long": "1", "other": "1"}) {
			t.Errorf("left: %v", got)
		}
	})
}

func TestKVIsOneEventsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		defer s.stop()
		s.with("a.lua", func(hooks.KVTx) {
			short, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			if _, err := s.Begin(short, "a.lua"); err == nil {
				t.Error("two events have the same values")
			}
			s.set("b.lua", "n", "1") // another script does not wait
		})
		s.set("a.lua", "n", "1")
	})
}

func TestKVFromABrokenFile(t *testing.T) {
	for name, text := range map[string]string{
		"half":      `{"n":{"val`,
		"no object": `[]`,
		"no JSON":   `{"n":{"value":"print()"}}`,
		"too many":  `{"n":{"value":"\"` + strings.Repeat("x", hooks.KVTotal) + `\""}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "kv", "a.lua.json")
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				s := open(t, dir)
				if got := s.all("a.lua"); len(got) != 0 {
					t.Errorf("read %v", got)
				}
				if !strings.Contains(s.log.String(), path) {
					t.Errorf("logged %q, want the file's name", s.log.String())
				}
				if kept, err := os.ReadFile(path + ".broken"); err != nil || string(kept) != text {
					t.Errorf("kept aside: %.40q, %v", kept, err)
				}
				s.set("a.lua", "n", "1")
				s.stop()
				if s = open(t, dir); s.all("a.lua")["n"] != "1" {
					t.Error("nothing can be kept any more")
				}
				s.stop()
			})
		})
	}
}

// TestKVWithoutADisk: what can't be written is tried again.
func TestKVWithoutADisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		blocked := filepath.Join(dir, "kv")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		defer s.stop()
		s.set("a.lua", "n", "1")
		<-time.After(time.Minute)
		if got := s.all("a.lua"); got["n"] != "1" {
			t.Errorf("memory has %v", got)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		<-time.After(writeEvery)
		synctest.Wait()
		if _, err := os.Stat(filepath.Join(blocked, "a.lua.json")); err != nil {
			t.Error(err)
		}
	})
}
