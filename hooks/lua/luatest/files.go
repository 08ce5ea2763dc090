package luatest

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// memoryFiles are the files that a test makes, by absolute path, as a file system
// whose paths have no leading slash.
type memoryFiles map[string]string

// Open implements [fs.FS].
func (m memoryFiles) Open(name string) (fs.File, error) {
	path := "/" + name
	if text, ok := m[path]; ok {
		return &memoryFile{info: memoryInfo{name, int64(len(text)), false}, Reader: strings.NewReader(text)}, nil
	}
	if name == "." {
		path = ""
	}
	names := m.within(path + "/")
	if len(names) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memoryFile{info: memoryInfo{name, 0, true}, Reader: strings.NewReader(""), names: names}, nil
}

// within lists what stands directly in a folder, sorted.
func (m memoryFiles) within(folder string) []fs.DirEntry {
	seen := map[string]memoryInfo{}
	for path, text := range m {
		rest, ok := strings.CutPrefix(path, folder)
		if !ok {
			continue
		}
		name, _, deeper := strings.Cut(rest, "/")
		seen[name] = memoryInfo{name, int64(len(text)), deeper}
	}
	var entries []fs.DirEntry
	for _, info := range seen {
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries
}

type memoryFile struct {
	io.Reader
	info  memoryInfo
	names []fs.DirEntry // not yet read, of a folder
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memoryFile) Close() error               { return nil }

// ReadDir implements [fs.ReadDirFile].
func (f *memoryFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(f.names) {
		if n > 0 && len(f.names) == 0 {
			return nil, io.EOF
		}
		n = len(f.names)
	}
	names := f.names[:n]
	f.names = f.names[n:]
	return names, nil
}

type memoryInfo struct {
	name string
	size int64
	dir  bool
}

func (i memoryInfo) Name() string       { return i.name[strings.LastIndexByte(i.name, '/')+1:] }
func (i memoryInfo) Size() int64        { return i.size }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return i.dir }
func (i memoryInfo) Sys() any           { return nil }

func (i memoryInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// logLines keeps what scripts log.
type logLines struct{ *world }

// Enabled implements [slog.Handler].
func (logLines) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements [slog.Handler].
func (l logLines) Handle(_ context.Context, r slog.Record) error {
	l.logged = append(l.logged, strings.ToLower(r.Level.String())+" "+r.Message)
	return nil
}

// WithAttrs implements [slog.Handler].
func (l logLines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements [slog.Handler].
func (l logLines) WithGroup(string) slog.Handler { return l }
