package download

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site serves content with ranges; what it is asked for goes through before, which answers itself if it returns true.
type site struct {
	*httptest.Server
	content []byte
	tag     string
	ranges  []string // of the requests, in order
	before  func(n int, w http.ResponseWriter, r *http.Request) bool
}

func serve(t *testing.T) *site {
	s := &site{content: bytes.Repeat([]byte("edged "), 50_000), tag: `"1"`}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		if s.tag != "" {
			w.Header().Set("ETag", s.tag)
		}
		if s.before == nil || !s.before(len(s.ranges), w, r) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// half sends the first half and breaks off.
func (s *site) half(w http.ResponseWriter) bool {
	w.Header().Set("Content-Length", "300000")
	_, _ = w.Write(s.content[:150_000])
	return true
}

func (s *site) sum() string {
	sum := sha256.Sum256(s.content)
	return hex.EncodeToString(sum[:])
}

func (s *site) file(t *testing.T) File {
	return File{URL: s.URL + "/app.tar?token=secret", Dir: filepath.Join(t.TempDir(), "download"), Attempts: 3, Silence: 10 * time.Second}
}

// fetches checks that the file comes in so many requests with these ranges.
func (s *site) fetches(t *testing.T, f File, ranges ...string) {
	t.Helper()
	path, err := f.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, s.content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if a, b := strings.Join(s.ranges, "|"), strings.Join(ranges, "|"); a != b {
		t.Errorf("asked for ranges %q, want %q", a, b)
	}
}

func TestFetch(t *testing.T) {
	s := serve(t)
	f := s.file(t)
	var last, all int64
	f.Progress = func(got, total int64) { last, all = got, total }
	f.URL += "#sha256=" + strings.ToUpper(s.sum())
	s.fetches(t, f, "")
	if last != 300_000 || all != 300_000 {
		t.Errorf("told %d of %d", last, all)
	}
}

func TestFetchGoesOn(t *testing.T) {
	s := serve(t)
	s.before = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && s.half(w) }
	s.fetches(t, s.file(t), "", "bytes=150000-")
}

// What an earlier run has left is gone on with, and another file's is removed.
func TestFetchGoesOnLater(t *testing.T) {
	s := serve(t)
	s.before = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && s.half(w) }
	f := s.file(t)
	f.Attempts = 1
	if _, err := f.Fetch(t.Context()); !errors.Is(err, ErrAway) || strings.Contains(err.Error(), "secret") {
		t.Errorf("broken off: %v", err)
	}
	other := filepath.Join(f.Dir, "other.part")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	Clean(f.Dir, []string{"http://another", f.URL + "#sha256=00"})
	s.fetches(t, f, "", "bytes=150000-")
	if _, err := os.Stat(other); err == nil {
		t.Error("another file's part is still there")
	}
	Clean(f.Dir, nil)
	Clean(filepath.Join(f.Dir, "none"), nil)
	if left, err := os.ReadDir(f.Dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A file that is another one by now is begun anew.
func TestFetchOfAChangedFile(t *testing.T) {
	s := serve(t)
	s.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n != 1 {
			return false
		}
		s.half(w)
		s.content, s.tag = bytes.Repeat([]byte("newer "), 50_000), `"2"`
		return true
	}
	s.fetches(t, s.file(t), "", "bytes=150000-")
}

// Without a tag there is nothing to compare, but the sum tells.
func TestFetchWithoutATag(t *testing.T) {
	s := serve(t)
	s.tag = ""
	s.before = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && s.half(w) }
	s.fetches(t, s.file(t), "", "")

	s.ranges = nil
	f := s.file(t)
	f.SHA256 = s.sum()
	s.fetches(t, f, "", "bytes=150000-")

	// Two halves of two files.
	s.ranges = nil
	s.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 150_000))
			panic(http.ErrAbortHandler)
		}
		return false
	}
	f = s.file(t)
	f.SHA256 = s.sum()
	s.fetches(t, f, "", "bytes=150000-", "")
}

// A file that was fetched as a whole when edged was killed.
func TestFetchOfWhatIsThere(t *testing.T) {
	for _, known := range []string{"sum", "tag"} {
		s := serve(t)
		f := s.file(t)
		if known == "sum" {
			s.tag, f.SHA256 = "", s.sum()
		}
		s.fetches(t, f, "")
		s.fetches(t, f, "", "bytes=300000-")
	}
}

func TestFetchFails(t *testing.T) {
	s := serve(t)
	fails := func(f File, requests int, away bool, says string) {
		t.Helper()
		s.ranges = nil
		_, err := f.Fetch(t.Context())
		if err == nil || !strings.Contains(err.Error(), says) || errors.Is(err, ErrAway) != away {
			t.Errorf("got %v, want %q, away %t", err, says, away)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("it gives the secret away: %v", err)
		}
		if len(s.ranges) != requests {
			t.Errorf("asked %d times, want %d", len(s.ranges), requests)
		}
	}
	f := s.file(t)
	f.SHA256 = strings.Repeat("0", 64)
	fails(f, 1, false, "want sha256 000")
	if left, _ := filepath.Glob(f.Dir + "/*.part"); len(left) > 0 {
		t.Errorf("what is wrong is kept: %q", left)
	}
	answer := func(code int) {
		s.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	answer(http.StatusNotFound)
	fails(s.file(t), 1, false, "404")
	answer(http.StatusServiceUnavailable)
	fails(s.file(t), 3, true, "503")
	s.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "9000000000000000")
		return true
	}
	fails(s.file(t), 1, false, "no room")
	s.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.WriteString(w, "x")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	f = s.file(t)
	f.Silence, f.Attempts = 50*time.Millisecond, 1
	fails(f, 1, true, "nothing came for 50ms")
	f.URL = "ftp://localhost/secret"
	fails(f, 0, false, "field url")
	f.URL = "http://127.0.0.1:1/a?secret"
	fails(f, 0, true, "download 127.0.0.1:1/a: ")
}

func TestFetchCalledOff(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("called off")
	s.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		cancel(why)
		<-r.Context().Done()
		return true
	}
	if _, err := s.file(t).Fetch(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}
