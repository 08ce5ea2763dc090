package lua

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"edged/hooks"
)

const (
	maxFile = 64 << 10 // bytes of a file that scripts can read
	maxGlob = 256      // files that a pattern can give
)

// A fileSystem is where scripts read: below one folder at a time, which no link
// leads out of. That folder is of the operator's grant, so that whoever may write
// into it can't have other files shown.
type fileSystem func(dir string) (fs.FS, func(), error)

// files are those of the device, unless the options have others.
func (s *Set) files() fileSystem {
	if own := s.options.Files; own != nil {
		return func(dir string) (fs.FS, func(), error) {
			sub := strings.Trim(dir, "/")
			if sub == "" {
				sub = "."
			}
			below, err := fs.Sub(own, sub)
			return below, func() {}, err
		}
	}
	return func(dir string) (fs.FS, func(), error) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, nil, err
		}
		return rootFS{root}, func() { root.Close() }, nil
	}
}

// rootFS opens files without waiting: a pipe without a writer would stop the
// daemon.
type rootFS struct{ *os.Root }

func (r rootFS) Open(name string) (fs.File, error) {
	return r.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// look reads a file, or only looks whether it is there.
func (open fileSystem) look(name string, in pattern, read bool) (hooks.FileRead, string) {
	f := hooks.FileRead{Path: name}
	text, err := open.text(&f, in, read)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		f.Exists, f.Error = true, err.Error()
	case read:
		sum := sha256.Sum256([]byte(text))
		f.SHA256 = hex.EncodeToString(sum[:])
		if len(text) <= hooks.FileText {
			f.Text = &text
		}
	}
	return f, text
}

func (open fileSystem) text(f *hooks.FileRead, in pattern, read bool) (string, error) {
	below, done, err := open(in.dir())
	if err != nil {
		return "", plainError(err)
	}
	defer done()
	file, err := below.Open(strings.TrimPrefix(strings.TrimPrefix(f.Path, in.dir()), "/"))
	if err != nil {
		return "", plainError(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", plainError(err)
	}
	f.Exists, f.Size = true, info.Size()
	switch {
	case !read:
		return "", nil
	case !info.Mode().IsRegular():
		return "", errors.New("is no file")
	}
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1)) // not up to its size, which /proc and /sys don't know
	if len(b) > maxFile {
		return "", fmt.Errorf("has more than %d KiB", maxFile>>10)
	}
	f.Size = int64(len(b))
	return string(b), plainError(err)
}

// plainError leaves out the path and the system call, which scripts and their
// records don't need and which differ from device to device.
func plainError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// glob lists the files of a pattern, sorted.
func (open fileSystem) glob(spec string, in pattern) []string {
	below, done, err := open(in.dir())
	if err != nil {
		return nil
	}
	defer done()
	rel := strings.TrimPrefix(strings.TrimPrefix(spec, in.dir()), "/")
	names, err := fs.Glob(below, rel)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	var paths []string
	for _, name := range names[:min(len(names), maxGlob)] {
		paths = append(paths, path.Join(in.dir(), name))
	}
	return paths
}
