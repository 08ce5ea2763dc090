package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// maxLine bounds a line of the file, in bytes.
const maxLine = 1 << 20

// place is where a line stands in the file; without a length it stands nowhere.
type place struct {
	at  int64
	len int
}

// store is the file of what waits: lines that are only appended. It goes as a whole
// when nothing of it is needed any more.
type store struct {
	path string
	log  *slog.Logger
	file *os.File // nil: there is none
	end  int64
	sick bool // it could not be written the last time
}

// load reads what an earlier run has left and calls each for every line. A line that
// a power cut has left unfinished ends the file.
func (s *store) load(each func(place, []byte) error) error {
	file, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	s.file = file
	lines := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := readLine(lines)
		if err == nil {
			err = each(place{s.end, len(line)}, line)
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			s.log.Warn("the outbox is cut off at a line that makes no sense", "file", s.path, "byte", s.end, "error", err)
			return file.Truncate(s.end)
		}
		s.end += int64(len(line))
	}
}

func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxLine {
			return line, errors.New("the line is too long")
		}
	}
}

// append writes lines that stay, or none of them, and returns where the first begins.
func (s *store) append(text []byte) (at int64, err error) {
	if s.file == nil {
		if err := s.create(); err != nil {
			return 0, err
		}
	}
	_, err = s.file.WriteAt(text, s.end)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		return 0, errors.Join(err, s.file.Truncate(s.end))
	}
	at = s.end
	s.end += int64(len(text))
	return at, nil
}

func (s *store) create() error {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.file, s.end = file, 0
	return syncFolder(dir)
}

func (s *store) read(p place) ([]byte, error) {
	line := make([]byte, p.len)
	if s.file == nil {
		return nil, fs.ErrClosed
	}
	_, err := s.file.ReadAt(line, p.at)
	return line, err
}

// clear removes the file.
func (s *store) clear() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.path))
	s.file, s.end = nil, 0
	return err
}

// rewrite makes a new file of the lines at places, and returns where they stand in
// it. The caller puts it in the place of this one by adopt.
func (s *store) rewrite(places []place) (*store, []place, error) {
	fresh := &store{path: s.path + "~", log: s.log}
	if err := fresh.create(); err != nil {
		return nil, nil, err
	}
	moved := make([]place, len(places))
	out := bufio.NewWriter(fresh.file)
	for i, p := range places {
		line, err := s.read(p)
		if err == nil {
			_, err = out.Write(line)
		}
		if err != nil {
			return nil, nil, errors.Join(err, fresh.clear())
		}
		moved[i] = place{fresh.end, p.len}
		fresh.end += int64(p.len)
	}
	if err := errors.Join(out.Flush(), fresh.file.Sync()); err != nil {
		return nil, nil, errors.Join(err, fresh.clear())
	}
	return fresh, moved, nil
}

// adopt puts the rewritten file in the place of this one.
func (s *store) adopt(fresh *store) error {
	if err := os.Rename(fresh.path, s.path); err != nil {
		return errors.Join(err, fresh.clear())
	}
	_ = s.file.Close() // it was only read of late
	s.file, s.end = fresh.file, fresh.end
	return syncFolder(filepath.Dir(s.path))
}

// syncFolder makes a new file's name last.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
