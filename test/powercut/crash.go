package powercut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
)

// replay makes the disks that a power cut may have left, of a recording that has ended.
type replay struct {
	disk   *disk
	log    *os.File
	writes []write
	base   *os.File // the disk at the start, with the first writes
	lasts  int      // how many of them: up to a flush
}

// tear is what a disk writes at once; a longer write may be cut off there.
const tear = 4096

func newReplay(d *disk) (r *replay, err error) {
	r = &replay{disk: d}
	if r.log, err = os.Open(d.path("log")); err != nil {
		return nil, err
	}
	if r.writes, err = readLog(r.log); err != nil {
		return nil, err
	}
	start, err := os.Open(d.path("start"))
	if err != nil {
		return nil, err
	}
	defer start.Close()
	if r.base, err = os.Create(d.path("base")); err != nil {
		return nil, err
	}
	info, err := start.Stat()
	if err == nil {
		err = copySparse(r.base, start, info.Size())
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *replay) close() {
	r.log.Close()
	r.base.Close()
}

// cut makes a disk as a power cut after so many entries may have left it: all up to the last flush, and of what came
// behind it some. Moments must not go back. The image holds the first count parts only.
func (r *replay) cut(moment int64, chance *rand.Rand, image string, count int) error {
	flushed := r.lasts
	for i := r.lasts; i < int(moment); i++ {
		if r.writes[i].flags&flush != 0 {
			flushed = i
		}
	}
	for ; r.lasts < flushed; r.lasts++ {
		if err := r.apply(r.base, r.writes[r.lasts], r.writes[r.lasts].bytes); err != nil {
			return err
		}
	}
	last := r.disk.parts[count-1]
	// A new file: the loop device of an earlier mount may still be there, and would show what it has read of the same one.
	if err := os.Remove(image); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := os.Create(image)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := copySparse(out, r.base, last.offset+last.mib<<20); err != nil {
		return fmt.Errorf("make %s: %w", image, err)
	}
	likely := []float64{0, 0.5, 1, chance.Float64()}[chance.IntN(4)]
	for _, w := range r.writes[r.lasts:moment] {
		if chance.Float64() >= likely && w.flags&fua == 0 {
			continue
		}
		bytes := w.bytes
		if pieces := bytes / tear; pieces > 1 && chance.IntN(8) == 0 {
			bytes = tear * chance.Int64N(pieces)
		}
		if err := r.apply(out, w, bytes); err != nil {
			return err
		}
	}
	return nil
}

// apply does the first bytes of a write to an image, which may be shorter than the disk.
func (r *replay) apply(image *os.File, w write, bytes int64) error {
	if w.flags&discard != 0 {
		return nil // a disk may keep what it need not
	}
	info, err := image.Stat()
	if err != nil {
		return err
	}
	bytes = min(bytes, info.Size()-w.to)
	if bytes <= 0 {
		return nil
	}
	_, err = io.Copy(io.NewOffsetWriter(image, w.to), io.NewSectionReader(r.log, w.data, bytes))
	return err
}

// copySparse copies the first bytes of a file and leaves its holes out.
func copySparse(to, from *os.File, bytes int64) error {
	const data, hole = 3, 4 // SEEK_DATA, SEEK_HOLE of lseek(2)
	if err := to.Truncate(bytes); err != nil {
		return err
	}
	for at := int64(0); at < bytes; {
		begin, err := from.Seek(at, data)
		if err != nil {
			return nil // only a hole is left
		}
		if at, err = from.Seek(begin, hole); err != nil {
			return err
		}
		if end := min(at, bytes); begin < end {
			if _, err := io.Copy(io.NewOffsetWriter(to, begin), io.NewSectionReader(from, begin, end-begin)); err != nil {
				return err
			}
		}
	}
	return nil
}

// mounted mounts the first count parts of an image where the disk had them, and returns what unmounts them. The kernel
// takes up the file system's own journal first.
func (r *replay) mounted(ctx context.Context, image string, count int) (done func() error, err error) {
	parts := r.disk.parts[:count]
	done = func() error {
		var errs []error
		for _, p := range parts {
			errs = append(errs, unmount(p))
		}
		return errors.Join(errs...)
	}
	for _, p := range parts {
		options := fmt.Sprintf("%s,loop,offset=%d,sizelimit=%d", mounting, p.offset, p.mib<<20)
		if err := mount(ctx, p, image, options); err != nil {
			return nil, errors.Join(err, done())
		}
	}
	return done, nil
}
