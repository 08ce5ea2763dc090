package faults

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"testing"
)

// moment is when something happens to a request.
type moment string

const (
	before moment = "before" // it has not reached the engine
	during moment = "during" // it has reached the engine, and is broken off
	after  moment = "after"  // the engine has answered, but edged does not know
)

// point is a request of an update, counted from 0, and a moment.
type point struct {
	at   int
	when moment
}

// deed is what is done at a point; with cut the request goes no further, as between two that are no more.
type deed func() (cut bool)

// proxy stands between edged and its engine, and counts the requests of an update. What the daemon asks besides, to
// follow the engine's events, passes uncounted.
type proxy struct {
	path   string
	server *http.Server
	stream *httputil.ReverseProxy
	engine *http.Transport
	done   sync.WaitGroup

	mu    sync.Mutex
	point point
	first string // instead of a point: the first request that begins so, before it is passed on
	deed  deed   // nil: only count
	armed bool
	seen  []string // the requests of the update so far
}

func newProxy(t *testing.T, m *machine, path string) *proxy {
	t.Helper()
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{path: path, engine: &http.Transport{DialContext: m.dial, DisableKeepAlives: true}}
	p.stream = &httputil.ReverseProxy{
		Director:      func(r *http.Request) { r.URL.Scheme, r.URL.Host = "http", "engine" },
		Transport:     p.engine,
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // of streams that ended with the engine
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = &http.Server{Handler: p}
	p.done.Go(func() { _ = p.server.Serve(listener) })
	t.Cleanup(func() {
		p.server.Close()
		p.done.Wait()
		os.Remove(path)
	})
	return p
}

// arm makes d happen at a point of what follows.
func (p *proxy) arm(at point, d deed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.point, p.first, p.deed, p.armed, p.seen = at, "", d, true, nil
}

// on makes d happen before the first request that follows of a method and path, such as "POST containers/create".
func (p *proxy) on(request string, d deed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.point, p.first, p.deed, p.armed, p.seen = point{-1, before}, request, d, true, nil
}

// disarm returns the requests since arm.
func (p *proxy) disarm() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.deed = false, nil
	return p.seen
}

// count notes a request; the deed is not nil if this is the point.
func (p *proxy) count(r *http.Request) (deed, moment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed || strings.HasSuffix(r.URL.Path, "/events") || strings.HasSuffix(r.URL.Path, "/containers/json") {
		return nil, ""
	}
	what := r.Method + " " + short(r.URL.Path)
	p.seen = append(p.seen, what)
	wanted := len(p.seen) == p.point.at+1 || p.first != "" && strings.HasPrefix(what, p.first)
	if p.deed == nil || !wanted {
		return nil, ""
	}
	do := p.deed
	p.deed = nil
	return do, p.point.when
}

// short is a path without version and with ids cut down.
func short(path string) string {
	var words []string
	for word := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if len(word) == 64 {
			word = word[:6]
		}
		words = append(words, word)
	}
	return strings.Join(words[1:], "/")
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	do, when := p.count(r)
	switch {
	case do == nil:
		p.stream.ServeHTTP(w, r)
	case when == before:
		if do() {
			panic(http.ErrAbortHandler)
		}
		p.stream.ServeHTTP(w, r)
	default:
		p.serve(w, r, do, when)
	}
}

// serve passes a request on, and does do while the engine works on it or once it has answered.
func (p *proxy) serve(w http.ResponseWriter, r *http.Request, do deed, when moment) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	cut := make(chan bool, 1)
	if when == during {
		var once sync.Once
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
			once.Do(func() {
				go func() {
					c := do()
					if c {
						cancel()
					}
					cut <- c
				}()
			})
		}})
	}
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", "engine", ""
	resp, err := p.engine.RoundTrip(out)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if when == after {
		cut <- do()
	}
	if <-cut || err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(body)
}
