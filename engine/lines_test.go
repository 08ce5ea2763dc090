package engine

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	tests := []struct {
		name, in string
		want     []string
		err      error
	}{
		{"nothing", "", nil, io.EOF},
		{"lines", "a\nb\n", []string{"a", "b"}, io.EOF},
		{"empty lines and carriage returns", "\n\r\na\r\n\n", []string{"a"}, io.EOF},
		{"cut off", "a\nb", []string{"a"}, io.ErrUnexpectedEOF},
		{"longer than the buffer", long + "\nb\n", []string{long, "b"}, io.EOF},
		{"too long", "a\n" + long + long + "x\nb\n", []string{"a"}, errLineTooLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := newLineReader(strings.NewReader(test.in), 20_000)
			var got []string
			for {
				line, err := lines.next()
				if err != nil {
					if !errors.Is(err, test.err) {
						t.Errorf("ended with %v, want %v", err, test.err)
					}
					break
				}
				got = append(got, string(line))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %d lines, want %d", len(got), len(test.want))
			}
		})
	}
}

// endless is a stream of one letter that counts what was read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.read += len(p)
	return len(p), nil
}

func TestLineReaderStopsAtEndlessLine(t *testing.T) {
	stream := &endless{}
	if _, err := newLineReader(stream, maxLine).next(); !errors.Is(err, errLineTooLong) {
		t.Error(err)
	}
	if stream.read > 2*maxLine {
		t.Errorf("read %d bytes", stream.read)
	}
}
