package lua

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"edged/hooks"
)

// write puts files into a new folder and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, source := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unhurried is the time for the scripts of tests that are not about time, on any machine.
const unhurried = 10 * time.Second

// load loads files as one folder.
func load(t testing.TB, files map[string]string, change ...func(*Options)) *Set {
	t.Helper()
	opts := Options{Dirs: []string{write(t, files)}, Deadline: unhurried}
	for _, c := range change {
		c(&opts)
	}
	s, err := Load(opts)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s
}

// one loads a single script.
func one(t testing.TB, source string, change ...func(*Options)) *Set {
	t.Helper()
	return load(t, map[string]string{"10-test.lua": source}, change...)
}

// answer returns what the only hook said to ev.
func answer(t testing.TB, s *Set, ev hooks.Event) hooks.Answer {
	t.Helper()
	got, _ := s.Ask(context.Background(), ev)
	if len(got) != 1 {
		t.Fatalf("Ask: %d answers, want 1: %+v", len(got), got)
	}
	return got[0]
}

func pullEvent(ref string) hooks.Event {
	img, err := hooks.ParseImage(ref)
	if err != nil {
		panic(err)
	}
	return hooks.Event{
		ID: "e1", Phase: hooks.Before, Op: "pull", Time: time.UnixMilli(1700000000500).UTC(),
		Trigger: hooks.TriggerCommand, Actor: "cli", Image: &img,
	}
}

func healthEvent(to string, streak int) hooks.Event {
	return hooks.Event{
		ID: "n1", Phase: hooks.On, Op: "health", Time: time.Unix(1700000000, 0),
		From: "healthy", To: to, FailingStreak: streak,
		Container: &hooks.Container{Name: "web", ID: "abc", State: "running", Health: to, Image: "web:1", Labels: map[string]string{"a": "b"}},
	}
}

// withKV gives scripts values to keep, which the test can look at.
func withKV(kv hooks.KV) func(*Options) { return func(o *Options) { o.KV = kv } }

// granted lets every script do what it says.
func granted(g hooks.Grants) func(*Options) {
	return func(o *Options) { o.Grants = map[string]hooks.Grants{hooks.EveryScript: g} }
}

// at makes it a time, for all events.
func at(when time.Time) func(*Options) {
	return func(o *Options) { o.Clock = func() time.Time { return when } }
}

// loadError loads files and returns why that can't be done.
func loadError(t testing.TB, files map[string]string, change ...func(*Options)) hooks.Problems {
	t.Helper()
	opts := Options{Dirs: []string{write(t, files)}}
	for _, c := range change {
		c(&opts)
	}
	_, err := Load(opts)
	var problems hooks.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("Load: %v, want problems", err)
	}
	return problems
}
