package faults

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"edged/test/lab"
)

// front stands before the lab's registry and misbehaves for single images.
type front struct {
	addr  string
	proxy *httputil.ReverseProxy
	mu    sync.Mutex
	ways  map[string]way // by repository
}

// way is how a request for a part of an image is answered; false is: as it should be.
type way func(f *front, w http.ResponseWriter, r *http.Request) bool

func newFront(t *testing.T, registry string) *front {
	f := &front{ways: map[string]way{}}
	f.proxy = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: registry})
	server := httptest.NewServer(f)
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	f.addr = strings.TrimPrefix(server.URL, "http://")
	return f
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	repository, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/edged/"), "/")
	f.mu.Lock()
	wrong := f.ways[repository]
	f.mu.Unlock()
	if wrong == nil || !wrong(f, w, r) {
		f.proxy.ServeHTTP(w, r)
	}
}

// image makes an image that is like no other, and that the front treats in a way of its own.
func (f *front) image(t *testing.T, name string, wrong way) string {
	t.Helper()
	noise := make([]byte, large) // it must not shrink when it is packed
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	spec := lab.ImageSpec{
		Name: name + ":1", Files: map[string]string{"/noise": hex.EncodeToString(noise)},
		Config: lab.ImageConfig{Cmd: []string{"sleep", "1000"}, Env: []string{"PATH=/bin"}},
	}
	if _, err := lab.Shared(t).Pusher().Push(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.ways[name] = wrong
	f.mu.Unlock()
	return f.addr + "/" + lab.Namespace + "/" + name + ":1"
}

// refusing answers everything with an error of the registry's API.
func refusing(code int, word string) way {
	return func(_ *front, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"errors":[{"code":"`+word+`","message":"the front says so"}]}`)
		return true
	}
}

// half sends half of each large layer, or of what is asked for of its rest, and then does what is left to do.
func half(then func(w http.ResponseWriter, r *http.Request, rest []byte)) way {
	return func(f *front, w http.ResponseWriter, r *http.Request) bool {
		resumed := r.Header.Get("Range") != ""
		if !strings.Contains(r.URL.Path, "/blobs/") || r.Method != http.MethodGet {
			return false
		}
		whole := httptest.NewRecorder()
		f.proxy.ServeHTTP(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.WriteHeader(whole.Code)
		body := whole.Body.Bytes()
		if len(body) < large && !resumed {
			_, _ = w.Write(body)
			return true
		}
		_, _ = w.Write(body[:len(body)/2])
		then(w, r, body[len(body)/2:])
		return true
	}
}

// large is a layer of noise, in bytes, and not the one that all images share.
const large = 1 << 20

// stalling sends nothing more.
func stalling(w http.ResponseWriter, r *http.Request, _ []byte) {
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// resetting breaks the connection off.
func resetting(w http.ResponseWriter, _ *http.Request, _ []byte) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// corrupting sends something else for the rest.
func corrupting(w http.ResponseWriter, _ *http.Request, rest []byte) {
	_, _ = w.Write(make([]byte, len(rest)))
}

// Whatever is wrong with an image or its registry, the update fails for a reason that says so, and the old container
// has not stopped.
func TestBadImages(t *testing.T) {
	onlyInFull(t)
	env := lab.Shared(t)
	each(t, func(t *testing.T, engine string) {
		f := newFront(t, env.Registry)
		m := newMachine(t, options{engine: engine, insecure: []string{f.addr}}, firstImage)
		for _, tt := range []struct {
			name    string
			image   string
			wrong   way
			reasons []string
		}{
			{"missing tag", env.Image("idle:77"), nil, []string{"idle:77", "manifest unknown"}},
			{"missing image", env.Image("nowhere:1"), nil, []string{"nowhere:1", "unknown"}},
			{"missing registry", "127.0.0.1:1/edged/idle:1", nil, []string{"127.0.0.1:1", "connection refused"}},
			{"wrong platform", env.Image("wrongarch"), nil, []string{"wrongarch", "arm64", "amd64"}},
			{"no platform", env.Image("wrongarch:list"), nil, []string{"wrongarch:list", "no "}},
			{"login", env.LoginImage("idle"), nil, []string{"idle:1", "auth"}},
			{"too many requests", "", refusing(http.StatusTooManyRequests, "TOOMANYREQUESTS"), []string{"toomanyrequests"}},
			{"server error", "", refusing(http.StatusInternalServerError, "UNKNOWN"), []string{"500"}},
			{"stalls", "", half(stalling), []string{"nothing has come from the registry for 5s"}},
			{"resets", "", half(resetting), []string{"connection reset"}},
			{"corrupt", "", half(corrupting), []string{"verification failed|Digest did not match"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				if tt.wrong != nil {
					tt.image = f.image(t, engine+"-"+strings.ReplaceAll(tt.name, " ", "-"), tt.wrong)
				}
				e := newEdged(t, m)
				e.section("pull")["silence"] = "5s"
				if tt.name != "stalls" {
					e.section("pull")["silence"] = "3m" // the engine's own tries, with growing pauses
				}
				m.create(t, e.name, firstImage, "", true, nil)
				e.start()
				old := e.only()
				e.neverTouched(old, e.update(e.name, tt.image), tt.reasons...)
			})
		}
	})
}

// No room for the image.
func TestDiskIsFullAtPull(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		f := newFront(t, lab.Shared(t).Registry)
		m := newMachine(t, options{engine: engine, disk: "64m", insecure: []string{f.addr}}, firstImage)
		e := newEdged(t, m)
		m.create(t, e.name, firstImage, "", true, nil)
		e.start()
		old, image := e.only(), f.image(t, engine+"-large", nil)
		empty := m.fill(t)
		res := e.update(e.name, image)
		empty()
		e.neverTouched(old, res, "no space left on device")
	})
}

// A container of somebody else's has a name that the update needs.
func TestNameIsTaken(t *testing.T) {
	onlyInFull(t)
	each(t, func(t *testing.T, engine string) {
		m := newMachine(t, options{engine: engine}, firstImage, secondImage)
		for _, suffix := range []string{".edged-next", ".edged-prev"} {
			e := newEdged(t, m)
			m.create(t, e.name, firstImage, "", true, nil)
			e.start()
			old := e.only()
			m.create(t, e.name+suffix, firstImage, "", true, map[string]string{"of": "somebody else"})
			res := e.update(e.name, m.env.Image(secondImage))
			if list, err := m.containers(t.Context(), e.name+suffix); err != nil || len(list) != 1 || !list[0].State.Running {
				t.Errorf("the other's container: %+v, %v", list, err)
			}
			if err := m.remove(context.WithoutCancel(t.Context()), e.name+suffix); err != nil {
				t.Error(err)
			}
			e.neverTouched(old, res, e.name+suffix, "in the way")
		}
	})
}
