package engine

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake is an engine behind a real unix socket that answers as its mux says. It identifies itself as Docker 20.10.
type fake struct {
	*http.ServeMux
	host    string
	version string
	server  string // the name in the answer to a ping, none behind some proxies
}

const (
	fakeVersion       = `{"Version":"20.10.24","Components":[{"Name":"Engine"}]}`
	fakePodmanVersion = `{"Version":"4.3.1","Components":[{"Name":"Podman Engine"}]}`
)

func newFake(t testing.TB) *fake {
	t.Helper()
	// Not t.TempDir: a socket's path may have 107 bytes, and test names are long.
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{ServeMux: http.NewServeMux(), host: "unix://" + socket, version: fakeVersion}
	f.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Server", f.server)
	})
	f.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, f.version) })
	server := &http.Server{Handler: unversioned(f.ServeMux)}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return f
}

// unversioned takes "/v1.41" from the paths of the Docker API; libpod's keep theirs.
func unversioned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/v1.41")
		next.ServeHTTP(w, r)
	})
}

// answer has requests to the path answered with the JSON text.
func (f *fake) answer(path, text string) {
	f.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	})
}

// refuse has requests to the path refused.
func (f *fake) refuse(path string, code int, message string) {
	f.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"message":%q}`, message)
	})
}

// hang has requests to the path wait until the caller gives up.
func (f *fake) hang(path string) {
	f.HandleFunc(path, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

// client connects to the fake.
func (f *fake) client(t testing.TB, opts ...Opt) *ContainerClient {
	t.Helper()
	opts = append([]Opt{WithHost(f.host), WithAttempts(1), WithCallTimeout(5 * time.Second)}, opts...)
	c, err := NewContainerClient(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// podman makes the fake one of Podman's.
func (f *fake) podman() {
	if f.version == fakeVersion {
		f.version = fakePodmanVersion
	}
	f.answer(libpodPath+"/_ping", "OK")
}

func tcpFake(t *testing.T, tls bool) (host string, server *httptest.Server) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, fakeVersion) })
	mux.HandleFunc("/containers/json", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") })
	if tls {
		server = httptest.NewTLSServer(unversioned(mux))
	} else {
		server = httptest.NewServer(unversioned(mux))
	}
	t.Cleanup(server.Close)
	return "tcp://" + server.Listener.Addr().String(), server
}
