package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/network"

	"edged/engine"
)

// Fake is an engine in memory behind a real unix socket: as much of Docker's API (version 1.41) as the suite asks for.
// Its containers are goroutines that behave as the test images do. It can be told to misbehave, see [Fake.Break].
type Fake struct {
	// Host is the address as in DOCKER_HOST.
	Host string

	ctx    context.Context // ends with the fake, for the programs
	wg     sync.WaitGroup  // of the programs
	events *eventLog

	mu         sync.Mutex
	containers []*fakeContainer
	images     map[string]*fakeImage // by reference
	registry   map[string]*fakeImage // that can be pulled
	networks   []network.Summary
	faults     map[string]http.HandlerFunc // by path
	made       int                         // counts IDs
}

// NewFake starts a fake that has the test images. It ends with the test.
func NewFake(t testing.TB) *Fake {
	t.Helper()
	dir, err := os.MkdirTemp("", "fake") // a socket's path has 107 bytes at most, and t.TempDir's is long
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	f := &Fake{
		Host: "unix://" + listener.Addr().String(), ctx: ctx, events: newEventLog(),
		images: map[string]*fakeImage{}, registry: map[string]*fakeImage{}, faults: map[string]http.HandlerFunc{},
	}
	f.stock()
	server := &http.Server{Handler: f.handler()}
	f.wg.Go(func() { _ = server.Serve(listener) }) // it ends by Close
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		f.wg.Wait()
		_ = os.RemoveAll(dir)
	})
	return f
}

// Target is the fake with a client for it.
func (f *Fake) Target(t testing.TB, opts ...engine.Opt) Target {
	t.Helper()
	c, err := engine.NewContainerClient(t.Context(), append([]engine.Opt{engine.WithHost(f.Host)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return Target{
		Client: c, Image: f.ref, Username: fakeUser, Password: fakePassword,
		Login: func(name string) string { return fakeLogin + "/" + name },
		Push: func(_ *testing.T, name, content string) string {
			f.mu.Lock()
			defer f.mu.Unlock()
			ref := f.ref(name + ":1")
			f.registry[ref] = f.newImage(imageConfig{Labels: map[string]string{"content": content}})
			return ref
		},
	}
}

// Break has requests to the path (without the API's version) answered by fault; nil mends it.
func (f *Fake) Break(path string, fault http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[path] = fault
}

// handler routes requests as Docker's API does.
func (f *Fake) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { answer(w, fakeVersion()) })
	mux.HandleFunc("GET /info", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"Name": "fake"}) })
	mux.HandleFunc("GET /events", f.streamEvents)
	f.routeContainers(mux)
	f.routeImages(mux)
	f.routeNetworks(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.Path, "/v1.41"); ok {
			r.URL.Path, r.URL.RawPath = rest, strings.TrimPrefix(r.URL.RawPath, "/v1.41")
		}
		f.mu.Lock()
		fault := f.faults[r.URL.Path]
		f.mu.Unlock()
		if fault != nil {
			fault(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func fakeVersion() map[string]any {
	return map[string]any{
		"Version": "20.10.0-fake", "ApiVersion": "1.41", "Os": "linux", "Arch": fakeArch,
		"Components": []map[string]string{{"Name": "Engine"}},
	}
}

// refusal is an error with the status that the engine answers.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func refuse(code int, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// respond answers with the value, nothing, or the error.
func respond(w http.ResponseWriter, value any, err error) {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(refused.code)
		answer(w, map[string]string{"message": refused.text})
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case value == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, value)
	}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client may have left
}

// flush sends what was written so far.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// id makes an identifier that no other object of the fake has. Called with mu held.
func (f *Fake) id() string {
	f.made++
	return fmt.Sprintf("%08x%056x", uint32(f.made)*0x9e3779b9, time.Now().UnixNano())
}
