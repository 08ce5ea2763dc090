package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// relay stands before the engine's socket and notes when the engine has answered
// with the list of all containers.
type relay struct {
	server *http.Server

	mu     sync.Mutex
	listed time.Time
}

// newRelay listens on a socket at path for the engine at host, a unix:// address.
func newRelay(path, host string) (*relay, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	r := &relay{}
	engine := strings.TrimPrefix(host, "unix://")
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: "http", Host: "engine"}) },
		Transport:      &http.Transport{Dial: func(string, string) (net.Conn, error) { return net.Dial("unix", engine) }},
		FlushInterval:  -1,
		ModifyResponse: r.watch,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	r.server = &http.Server{Handler: proxy}
	go func() { _ = r.server.Serve(listener) }() // until close
	return r, nil
}

func (r *relay) watch(answer *http.Response) error {
	if u := answer.Request.URL; strings.HasSuffix(u.Path, "/containers/json") && !u.Query().Has("filters") {
		answer.Body = &watched{answer.Body, r}
	}
	return nil
}

// watched is the body of a list.
type watched struct {
	io.ReadCloser
	relay *relay
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if n > 0 {
		w.relay.mu.Lock()
		defer w.relay.mu.Unlock()
		w.relay.listed = time.Now()
	}
	return n, err
}

// answered is when the last list had come.
func (r *relay) answered() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listed
}

func (r *relay) close(path string) error { return errors.Join(r.server.Close(), os.RemoveAll(path)) }
