package logging

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// bounded is a file that is renamed to NAME.1 before it grows beyond half of the limit, so that both together stay below
// it. A longer line is cut.
type bounded struct {
	path string
	half int64

	mu   sync.Mutex
	file *os.File
	size int64
}

func openBounded(path string, limit int64) (*bounded, error) {
	b := &bounded{path: path, half: limit / 2}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return b, b.open()
}

func (b *bounded) open() error {
	f, err := os.OpenFile(b.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	b.file, b.size = f, info.Size()
	return nil
}

func (b *bounded) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	whole := len(line)
	if int64(whole) > b.half {
		line = append(line[:b.half-1:b.half-1], '\n')
	}
	if b.file == nil || b.size+int64(len(line)) > b.half {
		if err := b.turn(); err != nil {
			return 0, err
		}
	}
	n, err := b.file.Write(line)
	b.size += int64(n)
	if err != nil {
		return n, err
	}
	return whole, nil
}

// turn begins a new file. Where the old one can't be renamed it is emptied: the bound comes before its lines.
func (b *bounded) turn() error {
	if b.file != nil {
		b.file.Close() // every line is written already
		b.file = nil
	}
	if err := os.Rename(b.path, b.path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		if err := os.Truncate(b.path, 0); err != nil {
			return err
		}
	}
	return b.open()
}
