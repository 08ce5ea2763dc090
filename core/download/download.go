// Package download fetches files over HTTP, and goes on where an earlier attempt, or an earlier run of edged, was broken off.
package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// reserve is what is left free on the disk, in bytes.
const reserve = 16 << 20

// ErrAway says that the server could not be reached, broke off, or has trouble: it may go well later.
var ErrAway = errors.New("no answer, or not all of it")

// File is what to fetch, and how.
type File struct {
	URL      string
	SHA256   string        // in hexadecimal; empty: what stands behind #sha256= in URL, or nobody knows
	Dir      string        // where it is put, for nothing else
	Attempts int           // at least 1
	Wait     time.Duration // between two attempts
	Silence  time.Duration // how long nothing may come; 0: without an end
	Progress func(got, total int64)
}

// Clean removes what is in a folder of downloads of other files than these, so that broken ones don't pile up.
func Clean(dir string, urls []string) {
	keep := map[string]bool{}
	for _, text := range urls {
		keep[name(text)] = true
	}
	all, _ := os.ReadDir(dir) // most often there is none
	for _, one := range all {
		if !keep[strings.TrimSuffix(one.Name(), tagged)] {
			_ = os.RemoveAll(filepath.Join(dir, one.Name()))
		}
	}
}

// tagged ends the name of the file that has another one's tag.
const tagged = ".tag"

// name is the name of the file with what there is of a URL.
func name(text string) string {
	text, _, _ = strings.Cut(text, "#")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8]) + ".part"
}

// Fetch returns the path of the file, which is the caller's to remove, with its folder.
func (f File) Fetch(ctx context.Context) (string, error) {
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("download: field url: want http://HOST/PATH or https://HOST/PATH")
	}
	if sum, found := strings.CutPrefix(u.Fragment, "sha256="); found && f.SHA256 == "" {
		f.SHA256 = sum
	}
	f.SHA256 = strings.ToLower(f.SHA256)
	path := filepath.Join(f.Dir, name(f.URL))
	err = os.MkdirAll(f.Dir, 0o700)
	for n := 1; err == nil; n++ {
		err = f.attempt(ctx, path)
		if err == nil {
			return path, nil
		}
		if n < f.Attempts && errors.Is(err, ErrAway) {
			err = pause(ctx, f.Wait)
		}
	}
	return "", fmt.Errorf("download %s: %w", u.Host+u.Path, err)
}

// attempt fetches what is missing. A file of which nothing tells whether it is still the same is begun anew.
func (f File) attempt(ctx context.Context, path string) error {
	part, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer part.Close()
	have, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	tag, _ := os.ReadFile(path + tagged) // without it there is nothing to compare
	if len(tag) == 0 && f.SHA256 == "" {
		have = 0
	}
	err = f.get(ctx, part, have, string(tag))
	if err = errors.Join(err, part.Sync()); err != nil {
		return err
	}
	if err = f.verify(part); err != nil && have > 0 {
		return fmt.Errorf("%w: %w", ErrAway, errors.Join(err, part.Truncate(0))) // perhaps the two parts are of two files
	}
	return err
}

// get asks for the file from byte have on and writes what comes.
func (f File) get(ctx context.Context, part *os.File, have int64, tag string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := &alarm{f.Silence, time.AfterFunc(max(f.Silence, 1), func() {
		if f.Silence > 0 {
			cancel(fmt.Errorf("%w: nothing came for %s", ErrAway, f.Silence))
		}
	})}
	defer silence.timer.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
		if tag != "" {
			req.Header.Set("If-Range", tag)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return away(ctx, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(have, 10)+"-"):
	case resp.StatusCode == http.StatusOK:
		have = 0
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
		if f.SHA256 != "" || resp.Header.Get("Content-Range") == "bytes */"+strconv.FormatInt(have, 10) {
			return nil // it is all there, or the sum tells
		}
		return fmt.Errorf("%w: %w", ErrAway, part.Truncate(0))
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout:
		return fmt.Errorf("%w: %s", ErrAway, resp.Status)
	default:
		return errors.New(resp.Status)
	}
	return f.store(ctx, part, have, resp, silence)
}

// store writes an answer behind the first have bytes, as far as there is room on the disk.
func (f File) store(ctx context.Context, part *os.File, have int64, resp *http.Response, silence *alarm) error {
	var disk syscall.Statfs_t
	if err := errors.Join(part.Truncate(have), syscall.Fstatfs(int(part.Fd()), &disk)); err != nil {
		return err
	}
	if _, err := part.Seek(have, io.SeekStart); err != nil {
		return err
	}
	tag := resp.Header.Get("ETag")
	if tag == "" || strings.HasPrefix(tag, "W/") {
		tag = resp.Header.Get("Last-Modified")
	}
	if err := os.WriteFile(part.Name()+tagged, []byte(tag), 0o600); err != nil {
		return err
	}
	free := int64(disk.Bavail)*int64(disk.Bsize) - reserve //nolint:unconvert // the types differ between architectures
	full := fmt.Errorf("no room on the disk: %d MB are free", max(free, 0)/1e6)
	if resp.ContentLength > free {
		return full
	}
	got := &counter{f.Progress, have, have + resp.ContentLength, silence}
	n, err := io.Copy(part, io.TeeReader(io.LimitReader(resp.Body, max(free, 0)+1), got))
	switch {
	case n > free:
		return errors.Join(full, part.Truncate(0))
	case err != nil:
		return away(ctx, err)
	}
	return nil
}

// verify compares the file's sum with what it must be.
func (f File) verify(part *os.File) error {
	if f.SHA256 == "" {
		return nil
	}
	sum := sha256.New()
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(sum, part); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return errors.Join(fmt.Errorf("checksum: want sha256 %s, got %s", f.SHA256, got), os.Remove(part.Name()))
	}
	return nil
}

// away says why an exchange broke, without the URL, which may have a secret in it.
func away(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

type alarm struct {
	after time.Duration
	timer *time.Timer
}

// counter tells how many bytes have come.
type counter struct {
	tell       func(got, total int64)
	got, total int64
	silence    *alarm
}

func (c *counter) Write(p []byte) (int, error) {
	c.silence.timer.Reset(max(c.silence.after, 1))
	c.got += int64(len(p))
	if c.tell != nil {
		c.tell(c.got, max(c.total, c.got))
	}
	return len(p), nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
