package engine

import (
	"io"

	"github.com/docker/docker/pkg/stdcopy"
)

// StdType is the stream that a frame of multiplexed output belongs to.
type StdType = stdcopy.StdType

// The streams of a container without a terminal, and the one by which the engine itself reports a fault.
const (
	Stdin     = stdcopy.Stdin
	Stdout    = stdcopy.Stdout
	Stderr    = stdcopy.Stderr
	Systemerr = stdcopy.Systemerr
)

// NewStdWriter frames everything written to it as stream t.
func NewStdWriter(w io.Writer, t StdType) io.Writer {
	return stdcopy.NewStdWriter(w, t)
}

// StdCopy takes multiplexed output apart until src ends; written counts the bytes without the frames.
func StdCopy(dstout, dsterr io.Writer, src io.Reader) (written int64, err error) {
	return stdcopy.StdCopy(dstout, dsterr, src)
}
