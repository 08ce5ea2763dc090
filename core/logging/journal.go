package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// journal writes lines for systemd's journal, which takes a line's priority from its beginning: sd-daemon(3).
type journal struct {
	sync.Mutex
	w     io.Writer
	level slog.Level
}

func (j *journal) next(l slog.Level) { j.level = l }

func (j *journal) Write(line []byte) (int, error) {
	if _, err := fmt.Fprintf(j.w, "<%d>%s", priority(j.level), line); err != nil {
		return 0, err
	}
	return len(line), nil
}

// readByJournal says whether the journal is the other end of w: it names the device and inode of its end in JOURNAL_STREAM,
// see systemd.exec(5).
func readByJournal(w io.Writer, environ []string) bool {
	f, ok := w.(*os.File)
	stream := value(environ, "JOURNAL_STREAM")
	if !ok || stream == "" {
		return false
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false
	}
	return stream == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
