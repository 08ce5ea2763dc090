package supervise

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// manager is systemd's end of the socket.
func manager(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func hear(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 100)
	n, err := conn.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text[:n])
}

func TestStartAndEnd(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@edged-test-" + filepath.Base(t.TempDir())} {
		conn := manager(t, name)
		s, err := FromEnviron([]string{"A=b", "NOTIFY_SOCKET=" + name}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Ready(t.Context()), s.Stopping(t.Context())); err != nil {
			t.Fatal(err)
		}
		if a, b := hear(t, conn), hear(t, conn); a != "READY=1" || b != "STOPPING=1" {
			t.Errorf("at %s: %q, %q", name, a, b)
		}
		s.Watch(t.Context(), nil, nil) // returns: no watchdog was asked for
	}
}

func TestNobody(t *testing.T) {
	s, err := FromEnviron(nil, 1)
	if err := errors.Join(err, s.Ready(t.Context()), s.Stopping(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestManagerIsGone(t *testing.T) {
	s := Systemd{socket: filepath.Join(t.TempDir(), "none")}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("no error where nobody listens")
	}
}

func TestWatchdogVariables(t *testing.T) {
	tests := []struct {
		usec, pid string
		want      time.Duration
		bad       bool
	}{
		{usec: "30000000", want: 30 * time.Second},
		{usec: "30000000", pid: "7", want: 30 * time.Second},
		{usec: "30000000", pid: "8"},
		{usec: ""},
		{usec: "soon", bad: true},
		{usec: "-1", bad: true},
		{usec: "9223372036854775807", bad: true},
	}
	for _, tt := range tests {
		s, err := FromEnviron([]string{"NOTIFY_SOCKET=@x", "WATCHDOG_USEC=" + tt.usec, "WATCHDOG_PID=" + tt.pid}, 7)
		if s.watchdog != tt.want || (err != nil) != tt.bad {
			t.Errorf("%+v: got %s, %v", tt, s.watchdog, err)
		}
	}
}

// Signs of life come while the daemon lives, and none while it hangs.
func TestWatch(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn := manager(t, name)
	s := Systemd{socket: name, watchdog: 40 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	hang, hung := make(chan struct{}), make(chan struct{}, 1)
	alive := func(ctx context.Context) error {
		select {
		case <-hang:
		default:
			return nil
		}
		select {
		case hung <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return ctx.Err()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Watch(ctx, alive, slog.New(slog.DiscardHandler))
	}()
	for range 3 {
		if got := hear(t, conn); got != "WATCHDOG=1" {
			t.Fatalf("got %q", got)
		}
	}
	close(hang)
	<-hung
	drain(t, conn)
	if err := conn.SetReadDeadline(time.Now().Add(5 * s.watchdog)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 100)); err == nil {
		t.Errorf("a sign of life of %d bytes while the daemon hung", n)
	}
	cancel()
	<-done
}

// drain reads the signs that were sent before the daemon hung.
func drain(t *testing.T, conn *net.UnixConn) {
	t.Helper()
	for {
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 100)); err != nil {
			return
		}
	}
}
