package engine

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds one line of a stream of JSON objects. The longest honest one is an event with all of a container's labels.
const maxLine = 1 << 20

var errLineTooLong = errors.New("line in engine's stream longer than 1 MiB")

// lineReader reads lines of bounded length. Its buffer starts small and grows only as far as lines need it.
type lineReader struct {
	in   *bufio.Reader
	max  int
	line []byte
}

func newLineReader(in io.Reader, max int) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 4096), max: max}
}

// next is the next line that is not empty, without its end; it is valid until the following call. A last line without an
// end was cut off and is io.ErrUnexpectedEOF.
func (r *lineReader) next() ([]byte, error) {
	for {
		line, err := r.read()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

func (r *lineReader) read() ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil && len(r.line) == 0 {
			return part, nil
		}
		if len(r.line)+len(part) > r.max {
			return nil, errLineTooLong
		}
		r.line = append(r.line, part...)
		switch {
		case err == nil:
			return r.line, nil
		case errors.Is(err, io.EOF) && len(bytes.TrimSpace(r.line)) > 0:
			return nil, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
