package e2e

import (
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
)

// door is a socket that leads to the engine's and can be shut: for who goes through it, the engine is then away.
type door struct {
	t          *testing.T
	path, host string

	mu       sync.Mutex
	listener net.Listener
	passages map[net.Conn]bool
	guests   sync.WaitGroup
}

// ownDoor puts a door, still shut, between the daemon and its engine.
func (e *edged) ownDoor() *door {
	d := &door{t: e.t, path: e.path("engine.sock"), host: strings.TrimPrefix(e.engine.Host, "unix://"), passages: map[net.Conn]bool{}}
	e.settings["engine.host"] = "unix://" + d.path
	e.t.Cleanup(d.shut)
	return d
}

func (d *door) open() {
	d.t.Helper()
	listener, err := net.Listen("unix", d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	d.listener = listener
	d.mu.Unlock()
	d.guests.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			d.guests.Go(func() { d.pass(conn) })
		}
	})
}

// shut ends what is passing and returns when all is quiet.
func (d *door) shut() {
	d.mu.Lock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	for conn := range d.passages {
		conn.Close()
	}
	d.mu.Unlock()
	d.guests.Wait()
	os.Remove(d.path)
}

// pass carries bytes both ways until either side hangs up.
func (d *door) pass(conn net.Conn) {
	engine, err := net.Dial("unix", d.host)
	if err != nil {
		conn.Close()
		return
	}
	d.mu.Lock()
	shut := d.listener == nil
	d.passages[conn], d.passages[engine] = true, true
	d.mu.Unlock()
	if shut {
		conn.Close()
	}
	var half sync.WaitGroup
	half.Go(func() { io.Copy(engine, conn); engine.Close(); conn.Close() })
	half.Go(func() { io.Copy(conn, engine); engine.Close(); conn.Close() })
	half.Wait()
	d.mu.Lock()
	delete(d.passages, conn)
	delete(d.passages, engine)
	d.mu.Unlock()
}
