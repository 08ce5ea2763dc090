package logging

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestStandardError(t *testing.T) {
	for asJSON, want := range map[bool]string{false: `^time=\S+ level=WARN msg=hot celsius=90\n$`, true: `^{"time":"[^"]+","level":"WARN","msg":"hot","celsius":90}\n$`} {
		var out bytes.Buffer
		log, err := New(Options{Target: "auto", JSON: asJSON, Level: slog.LevelWarn}, &out, nil)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("warm")
		log.Warn("hot", "celsius", 90)
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("got %q, want %s", out.String(), want)
		}
	}
}

func TestJournal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(w.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	environ := []string{"A=b", fmt.Sprintf("JOURNAL_STREAM=%d:%d", st.Dev, st.Ino)}
	log, err := New(Options{Target: "auto", Level: slog.LevelDebug}, w, environ)
	if err != nil {
		t.Fatal(err)
	}
	log = log.With("container", "web").WithGroup("g")
	log.Debug("a", "level", "x")
	log.Info("b")
	log.Warn("c")
	log.Error("d")
	w.Close()
	got, err := io.ReadAll(r)
	want := "<7>msg=a container=web g.level=x\n<6>msg=b container=web\n<4>msg=c container=web\n<3>msg=d container=web\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// The variable is inherited by processes whose standard error goes elsewhere, and a person may not want it.
func TestNoJournal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if readByJournal(f, []string{"JOURNAL_STREAM=1:1"}) || readByJournal(f, nil) || readByJournal(new(bytes.Buffer), []string{"JOURNAL_STREAM=1:1"}) {
		t.Error("took a file for the journal")
	}
}

func TestSyslog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	var otherwise bytes.Buffer
	s := &syslog{socket: name, pid: 7, otherwise: &otherwise}
	log := slog.New(&leveled{sink: s, Handler: slog.NewTextHandler(s, bare(&slog.HandlerOptions{}))})

	log.Warn("too early")
	if got := otherwise.String(); got != "msg=\"too early\"\n" {
		t.Errorf("without a syslog: %q on standard error", got)
	}
	for range 2 { // the second time syslog has been started anew
		daemon, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		log.Error("fire", "floor", 3)
		text := make([]byte, 200)
		if err := daemon.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := daemon.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		want := `^<27>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d edged\[7\]: msg=fire floor=3\n$`
		if !regexp.MustCompile(want).Match(text[:n]) {
			t.Errorf("got %q, want %s", text[:n], want)
		}
		daemon.Close()
		os.Remove(name)
	}
	if n := strings.Count(otherwise.String(), "\n"); n != 1 {
		t.Errorf("standard error got %d lines more:\n%s", n-1, otherwise.String())
	}
}

func TestFileStaysBounded(t *testing.T) {
	const limit = 4000
	path := filepath.Join(t.TempDir(), "log", "edged.log")
	for start := range 2 { // the second one goes on where the first one ended
		log, err := New(Options{Target: "file", File: path, Limit: limit}, io.Discard, nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 200 {
			log.Info("line", "start", start, "n", n)
			if size := sizeOf(path) + sizeOf(path+".1"); size > limit {
				t.Fatalf("after line %d the files have %d bytes", n, size)
			}
		}
		log.Info("long", "text", strings.Repeat("x", limit))
		if size := sizeOf(path) + sizeOf(path+".1"); size > limit {
			t.Fatalf("after a long line the files have %d bytes", size)
		}
	}
	text, err := os.ReadFile(path + ".1")
	if err != nil || !strings.HasPrefix(string(text), "time=") || !strings.Contains(string(text), "start=1 n=199\n") {
		t.Errorf("the last file but one: %v\n%s", err, text)
	}
}

func TestFileCannotBeRenamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "edged.log")
	if err := os.MkdirAll(filepath.Join(path+".1", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := openBounded(path, 200)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := b.Write([]byte("a line of twenty-two b\n")); err != nil {
			t.Fatal(err)
		}
	}
	if size := sizeOf(path); size == 0 || size > 100 {
		t.Errorf("the file has %d bytes", size)
	}
}

func TestFileCannotBeMade(t *testing.T) {
	_, err := New(Options{Target: "file", File: "/proc/none/edged.log", Limit: 1000}, io.Discard, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "open log: ") {
		t.Errorf("got %v", err)
	}
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
