package powercut

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The log has the format of the kernel's dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst), which
// QEMU's driver blklogwrites writes, too: a sector with the number of entries, then each entry's head in a sector of its
// own, with its data behind it.
const (
	logMagic   = 0x6a736677736872
	headBytes  = 28 // magic, version, entries: 8 bytes each; bytes of a sector: 4
	entryBytes = 32 // sector, count of sectors, flags, bytes of a mark's text: 8 each
)

// Flags of an entry.
const (
	flush   = 1 << iota // all that was written before is to last
	fua                 // this write is to last before it is answered
	discard             // has no data
)

// write is an entry of the log.
type write struct {
	to, bytes int64 // on the disk
	flags     uint64
	data      int64 // where in the log
}

// entries is how many writes and flushes have been logged so far.
func entries(log io.ReaderAt) (n, sector int64, err error) {
	var head [headBytes]byte
	if _, err := log.ReadAt(head[:], 0); err != nil {
		return 0, 0, fmt.Errorf("read the log's head: %w", err)
	}
	if binary.LittleEndian.Uint64(head[:]) != logMagic {
		return 0, 0, errors.New("read the log's head: it is no log of writes")
	}
	return int64(binary.LittleEndian.Uint64(head[16:])), int64(binary.LittleEndian.Uint32(head[24:])), nil
}

// readLog reads where all entries stand.
func readLog(log *os.File) ([]write, error) {
	count, sector, err := entries(log)
	if err != nil {
		return nil, err
	}
	all := make([]write, 0, count)
	at := sector
	for range count {
		var head [entryBytes]byte
		if _, err := log.ReadAt(head[:], at); err != nil {
			return nil, fmt.Errorf("read entry %d of the log: %w", len(all), err)
		}
		field := func(n int) uint64 { return binary.LittleEndian.Uint64(head[8*n:]) }
		at += sector
		w := write{to: int64(field(0)) * sector, bytes: int64(field(1)) * sector, flags: field(2), data: at}
		if w.flags&discard == 0 {
			at += w.bytes
		}
		all = append(all, w)
	}
	return all, nil
}
