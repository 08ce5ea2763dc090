package enginetest

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"edged/engine"
)

// eventsAcrossConnections cuts the connection below the client, lets something happen meanwhile, and wants to be told of
// it, once: engines replay what they remember.
func eventsAcrossConnections(t *testing.T, target Target) {
	way := newWay(t, strings.TrimPrefix(target.Client.Host(), "unix://"))
	client, err := engine.NewContainerClient(t.Context(), engine.WithHost("unix://"+way.path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	stream := Target{Client: client}.follow(t)
	first, missed := name(t, "-first"), name(t, "-missed")
	target.create(t, engine.CreateSpec{Name: first, Image: "idle:1"})
	var got []string
	note := func(e engine.Event) {
		if e.Action == engine.ActionCreate && (e.Name == first || e.Name == missed) || e.Kind == engine.KindEngine {
			got = append(got, strings.TrimSpace(string(e.Action)+" "+e.Name))
		}
	}
	for e := range stream {
		note(e)
		if e.Name == first {
			break
		}
	}
	way.block()
	target.create(t, engine.CreateSpec{Name: missed, Image: "idle:1"})
	way.open()
	last := name(t, "-last")
	for e := range stream {
		note(e)
		if e.Action == engine.ActionConnected {
			target.create(t, engine.CreateSpec{Name: last, Image: "idle:1"}) // after it, nothing more is replayed
		}
		if e.Name == last {
			break
		}
	}
	want := "create " + first + ", disconnected, connected, create " + missed
	if joined := strings.Join(got, ", "); joined != want {
		t.Errorf("got %s, want %s", joined, want)
	}
}

// way leads to an engine's socket and can be blocked.
type way struct {
	path, to string
	wg       sync.WaitGroup

	mu      sync.Mutex
	blocked bool
	conns   map[net.Conn]bool
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	dir, err := os.MkdirTemp("", "way") // a socket's path is short, and t.TempDir's is not
	if err != nil {
		t.Fatal(err)
	}
	w := &way{path: filepath.Join(dir, "s"), to: to, conns: map[net.Conn]bool{}}
	listener, err := net.Listen("unix", w.path)
	if err != nil {
		t.Fatal(err)
	}
	w.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.pass(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		w.block()
		w.wg.Wait()
		os.RemoveAll(dir)
	})
	return w
}

// pass copies both ways until one side ends.
func (w *way) pass(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("unix", w.to)
	if err != nil {
		return
	}
	defer to.Close()
	if !w.keep(from) {
		return
	}
	defer w.drop(from)
	w.wg.Go(func() {
		_, _ = io.Copy(to, from) // how it ended does not matter
		to.Close()
	})
	_, _ = io.Copy(from, to)
}

// keep notes a connection that a block has to cut; false while blocked.
func (w *way) keep(conn net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.blocked {
		w.conns[conn] = true
	}
	return !w.blocked
}

func (w *way) drop(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, conn)
}

// block cuts all connections and refuses new ones.
func (w *way) block() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocked = true
	for conn := range w.conns {
		conn.Close()
	}
}

func (w *way) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocked = false
}
