package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
)

// fake is a backend that does what the test says.
type fake struct {
	do   func(context.Context, request.Request, func(request.Progress)) (request.Result, error)
	logs func(context.Context, io.Writer, string, api.LogOptions) error

	cancelled  []string
	cancel     error
	containers []api.Container
	software   []request.Module
	status     api.Status

	policy    api.Policy
	reload    error
	overrides []api.Override
}

func (f *fake) Do(ctx context.Context, req request.Request, progress func(request.Progress)) (request.Result, error) {
	return f.do(ctx, req, progress)
}

func (f *fake) Cancel(id string) error {
	f.cancelled = append(f.cancelled, id)
	return f.cancel
}

func (f *fake) Containers() []api.Container { return f.containers }

func (f *fake) Software(context.Context) ([]request.Module, error) {
	if f.software == nil {
		return nil, errors.New("no engine")
	}
	return f.software, nil
}

func (f *fake) Status() api.Status { return f.status }

func (f *fake) Logs(ctx context.Context, w io.Writer, name string, opts api.LogOptions) error {
	return f.logs(ctx, w, name, opts)
}

func (f *fake) Policy() api.Policy  { return f.policy }
func (f *fake) ReloadPolicy() error { return f.reload }

func (f *fake) Wake(id string) (int, error) {
	if id == "none" {
		return 0, fmt.Errorf("wake %s: %w", id, api.ErrNotFound)
	}
	return 1 + len(id), nil
}

func (f *fake) OverridePolicy(o api.Override) api.Override {
	f.overrides = append(f.overrides, o)
	o.Until = time.Unix(1e9, 0).UTC()
	return o
}

func (f *fake) Decisions(limit int) []api.Decision { return make([]api.Decision, limit) }

func (f *fake) Decision(id string) (json.RawMessage, error) {
	if id != "a-1" {
		return nil, fmt.Errorf("decision %s: %w", id, api.ErrNotFound)
	}
	return json.RawMessage(`{"event":{"id":"e1"}}`), nil
}

// serve runs a server for the backend until the test or stop ends it, and
// returns the socket.
func serve(t *testing.T, backend api.Backend) (socket string, stop func()) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "edged.sock")
	server := api.New(socket, "", backend, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	select {
	case <-server.Ready():
	case err := <-ended:
		cancel()
		t.Fatalf("Run: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return socket, stop
}

func dial(t *testing.T, backend api.Backend) *client.Client {
	t.Helper()
	socket, _ := serve(t, backend)
	return client.New(socket)
}

// ask makes one call without the client.
func ask(t *testing.T, socket, method, path, body string) (int, string) {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://edged"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Transport{DialContext: dial, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
