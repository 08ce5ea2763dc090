// Package state keeps the little that edged must remember over a reboot and that
// the engine can't remember for it. It is never what an update's safety rests on:
// a folder that is lost, full or read-only costs a memory and nothing else.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a JSON document that is replaced as a whole: after a power cut it is the
// old one or the new one.
type File struct{ path string }

// New is the document of that name in a folder, which is made when it is written.
func New(dir, name string) File { return File{filepath.Join(dir, name+".json")} }

// Load decodes the document into v, which stays as it is when there is none. One that
// can't be understood is moved aside, to NAME.json.broken in the place of an earlier
// one, so that it can be looked at and the next Write begins anew.
func (f File) Load(v any) error {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return f.setAside(fmt.Errorf("read state: %s: %w", f.path, err))
	}
	return nil
}

// setAside moves a document aside because of cause, and adds where to.
func (f File) setAside(cause error) error {
	aside := f.path + ".broken"
	if err := os.Rename(f.path, aside); err != nil {
		return fmt.Errorf("%w; and it can't be moved aside: %w", cause, err)
	}
	return fmt.Errorf("%w; it is kept as %s", cause, aside)
}

// Write replaces the document by v, and returns when that is on the disk.
func (f File) Write(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write state: %s: %w", f.path, err)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	fresh := f.path + "~"
	if err := writeSynced(fresh, text); err != nil {
		return fmt.Errorf("write state: %w", errors.Join(err, absent(os.Remove(fresh))))
	}
	if err := os.Rename(fresh, f.path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return f.syncFolder()
}

// Remove removes the document, if there is one.
func (f File) Remove() error {
	if err := os.Remove(f.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("remove state: %w", err)
	}
	return f.syncFolder()
}

// syncFolder makes a rename or a removal last.
func (f File) syncFolder() error {
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
