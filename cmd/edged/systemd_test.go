package main

import (
	"net"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type systemdKey struct{}

// systemd is its end of the socket.
type systemd struct{ conn *net.UnixConn }

// startSystemd listens at $NOTIFY_SOCKET, as systemd does, until the script ends.
func startSystemd(ts *testscript.TestScript, _ bool, _ []string) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: ts.Getenv("NOTIFY_SOCKET"), Net: "unixgram"})
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	ts.Value(systemdKey{}).(*systemd).conn = conn
}

// told waits until systemd has been told that word, after any others.
func told(ts *testscript.TestScript, _ bool, args []string) {
	conn := ts.Value(systemdKey{}).(*systemd).conn
	ts.Check(conn.SetReadDeadline(time.Now().Add(20 * time.Second)))
	text := make([]byte, 100)
	for {
		n, err := conn.Read(text)
		if err != nil {
			ts.Fatalf("systemd has not been told %s: %v", args[0], err)
		}
		if string(text[:n]) == args[0] {
			return
		}
	}
}
