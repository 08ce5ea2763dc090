package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Streams of a multiplexed log, see "Stream format" of the Docker API's container attach.
const (
	streamStdin  = 0
	streamStdout = 1
	streamStderr = 2
	streamSystem = 3
)

// demultiplex copies a multiplexed log to its two streams. Unlike StdCopy it needs no memory for a frame, whose length is
// the engine's word and may be 4 GiB.
func demultiplex(stdout, stderr io.Writer, src io.Reader) error {
	var header [8]byte
	for {
		if _, err := io.ReadFull(src, header[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read log frame: %w", err)
		}
		size := int64(binary.BigEndian.Uint32(header[4:]))
		var err error
		switch header[0] {
		case streamStdin, streamStdout:
			_, err = io.CopyN(stdout, src, size)
		case streamStderr:
			_, err = io.CopyN(stderr, src, size)
		case streamSystem:
			return systemError(src, size)
		default:
			return fmt.Errorf("read log frame: unknown stream %d", header[0])
		}
		if err != nil {
			return fmt.Errorf("copy log frame: %w", err)
		}
	}
}

// systemError is the engine's own complaint inside the stream.
func systemError(src io.Reader, size int64) error {
	text, err := io.ReadAll(io.LimitReader(src, min(size, maxRefusal)))
	if err != nil {
		return fmt.Errorf("read log frame: %w", err)
	}
	return fmt.Errorf("engine broke off the log: %s", text)
}
