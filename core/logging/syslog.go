package logging

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	syslogSocket = "/dev/log"
	facility     = 3 << 3 // LOG_DAEMON of syslog(3)
)

// syslog sends each line as a message in the form of RFC 3164, as the C library does. It connects when there is something
// to say: at boot, syslog may come later, and it may be started anew.
type syslog struct {
	sync.Mutex
	socket    string
	pid       int
	otherwise io.Writer // for what syslog can't be told

	level slog.Level
	conn  net.Conn
}

func (s *syslog) next(l slog.Level) { s.level = l }

func (s *syslog) Write(line []byte) (int, error) {
	message := fmt.Appendf(nil, "<%d>%s edged[%d]: %s", facility|priority(s.level), time.Now().Format(time.Stamp), s.pid, line)
	for range 2 { // the second time over a new connection
		if s.send(message) == nil {
			return len(line), nil
		}
	}
	return s.otherwise.Write(line)
}

// send leaves no connection behind when it fails.
func (s *syslog) send(message []byte) (err error) {
	if s.conn == nil {
		if s.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"}); err != nil {
			s.conn = nil // not an interface that holds a nil pointer
			return err
		}
	}
	// A syslog that hangs must not make edged hang.
	if err = s.conn.SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
		_, err = s.conn.Write(message)
	}
	if err != nil {
		s.conn.Close()
		s.conn = nil
	}
	return err
}
