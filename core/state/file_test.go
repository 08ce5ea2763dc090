package state

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteLoadRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	file := New(dir, "counts")
	got := map[string]int{"default": 1}
	if err := file.Load(&got); err != nil || got["default"] != 1 {
		t.Errorf("read without a file: %v, %v", got, err)
	}
	for _, want := range []map[string]int{{"a": 1, "b": 2}, {"a": 3}} {
		if err := file.Write(want); err != nil {
			t.Fatal(err)
		}
		got = nil
		if err := New(dir, "counts").Load(&got); err != nil || !maps.Equal(got, want) {
			t.Errorf("read %v, %v; want %v", got, err, want)
		}
	}
	for range 2 {
		if err := file.Remove(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What was there stays when there is no room for what is new.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("needs root: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	file := New(dir, "counts")
	if err := file.Write(map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	fill.Close()
	if err := file.Write(map[string]int{"a": 2}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write: %v, want no space left", err)
	}
	var got map[string]int
	if err := file.Load(&got); err != nil || got["a"] != 1 {
		t.Errorf("read %v, %v; want what was there", got, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLoadSetsABrokenFileAside(t *testing.T) {
	dir := t.TempDir()
	file := New(dir, "counts")
	for _, text := range []string{"", "{", `{"a":`, "[]", `[1]`, "\x00\x00\x00\x00"} {
		path := filepath.Join(dir, "counts.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		err := file.Load(&got)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), ".broken") {
			t.Errorf("%q: error %v", text, err)
		}
		if kept, err := os.ReadFile(path + ".broken"); err != nil || string(kept) != text {
			t.Errorf("%q: kept %q, %v", text, kept, err)
		}
		if err := file.Load(&got); err != nil {
			t.Errorf("%q: a second time: %v", text, err)
		}
		if err := file.Write(map[string]int{"a": 1}); err != nil {
			t.Error(err)
		}
		if err := file.Load(&got); err != nil || got["a"] != 1 {
			t.Errorf("after %q and a new start: %v, %v", text, got, err)
		}
	}
}
