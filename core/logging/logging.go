// Package logging makes the daemon's log: on standard error, for systemd's journal, in syslog, or in a file that never
// grows beyond a bound.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Options say where messages go.
type Options struct {
	Target string     // auto, stderr, syslog or file; auto is stderr, with the journal's priorities if that is what reads it
	JSON   bool       // as JSON rather than as text; syslog always gets text
	Level  slog.Level // the least important messages to write
	File   string     // path, for the target file
	Limit  int64      // most bytes of that file and its predecessor together
}

// New makes the log. What syslog can't be told goes to stderr, and what a full disk does not take is lost.
func New(o Options, stderr io.Writer, environ []string) (*slog.Logger, error) {
	format := &slog.HandlerOptions{Level: o.Level}
	switch o.Target {
	case "syslog":
		s := &syslog{socket: syslogSocket, pid: os.Getpid(), otherwise: stderr}
		return slog.New(&leveled{sink: s, Handler: slog.NewTextHandler(s, bare(format))}), nil
	case "file":
		f, err := openBounded(o.File, o.Limit)
		if err != nil {
			return nil, fmt.Errorf("open log: %w", err)
		}
		stderr = f
	case "auto":
		if readByJournal(stderr, environ) {
			j := &journal{w: stderr}
			return slog.New(&leveled{sink: j, Handler: handler(j, o.JSON, bare(format))}), nil
		}
	}
	return slog.New(handler(stderr, o.JSON, format)), nil
}

func handler(w io.Writer, asJSON bool, o *slog.HandlerOptions) slog.Handler {
	if asJSON {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
}

// bare leaves out what the reader of the log notes by itself: the time, and in the message's priority the level.
func bare(o *slog.HandlerOptions) *slog.HandlerOptions {
	o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return a
	}
	return o
}

// value is that of a variable in an environment of NAME=value.
func value(environ []string, name string) string {
	for _, pair := range environ {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			return v
		}
	}
	return ""
}
