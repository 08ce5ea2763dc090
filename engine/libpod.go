package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/client"
)

// libpodPath is the version of Podman's API that we write for; Podman 4 and 5 both serve it.
const libpodPath = "/v4.0.0/libpod"

// SocketClient speaks Podman's own API (libpod).
// See https://docs.podman.io/en/latest/_static/api.html.
type SocketClient struct {
	// BaseURL ends in the API's version and "libpod"; paths are put behind it.
	BaseURL string
	// Client dials the engine whatever host the URL names.
	Client *http.Client
}

// NewDefaultLibPodHTTPClient is [NewLibPodHTTPClient] for the first of the [Candidates] whose socket exists, or for the
// last if none does.
func NewDefaultLibPodHTTPClient() *SocketClient {
	hosts := Candidates()
	for _, host := range hosts {
		if !isAbsent(host) {
			return NewLibPodHTTPClient(host)
		}
	}
	return NewLibPodHTTPClient(hosts[len(hosts)-1])
}

// NewLibPodHTTPClient makes a client for the engine at sock, a path or a host as in CONTAINER_HOST. It does no I/O: an
// unusable address shows in the first call.
func NewLibPodHTTPClient(sock string) *SocketClient {
	host := sock
	if _, err := client.ParseHostURL(host); err != nil {
		host = "unix://" + sock
	}
	hc := &http.Client{CheckRedirect: client.CheckRedirect}
	if transport, err := newTransport(host, nil); err != nil {
		hc.Transport = brokenTransport{err}
	} else {
		hc.Transport = boundedTransport{transport}
	}
	return &SocketClient{BaseURL: baseURL(host, nil) + libpodPath, Client: hc}
}

// brokenTransport gives the reason why there is no transport to whoever tries to use it.
type brokenTransport struct{ err error }

func (t brokenTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, t.err }

// Test reports whether the libpod API answers: nil, [ErrPodmanAPIError] if the engine is none of Podman's, or
// [ErrUnreachable].
func (c *SocketClient) Test(ctx context.Context) error {
	resp, err := c.send(bounded(ctx), http.MethodGet, "/_ping", nil, nil)
	var status *statusError
	if errors.As(err, &status) {
		return fmt.Errorf("%w: %w", ErrPodmanAPIError, err)
	}
	if err != nil {
		return wrapErr("probe libpod API", "", err)
	}
	defer resp.Body.Close()
	return nil
}

// GetEventsBackend is where Podman keeps its events ("journald", "file", "none"; with "none" no event ever comes), or ""
// if that cannot be read.
func (c *SocketClient) GetEventsBackend(ctx context.Context) string {
	var info LibPodInfo
	if err := c.getJSON(ctx, "/info", nil, &info); err != nil {
		return ""
	}
	return info.Host.EventLogger
}

// ContainerInspect reads what the Docker-compatible inspect loses, such as the user namespace mode "keep-id".
func (c *SocketClient) ContainerInspect(ctx context.Context, nameOrID string) (*LibPodInspectResponse, error) {
	var answer LibPodInspectResponse
	if err := c.getJSON(ctx, "/containers/"+url.PathEscape(nameOrID)+"/json", nil, &answer); err != nil {
		return nil, wrapErr("inspect container", nameOrID, err)
	}
	return &answer, nil
}

// Events delivers Podman's events, in its own words translated to Docker's, without those of exec calls and of Podman's
// housekeeping. It reconnects by itself; the second channel gets one error, that of ctx, when that ends. See
// [ContainerClient.MonitorEvents], which comes to the same.
func (c *SocketClient) Events(ctx context.Context) (<-chan events.Message, <-chan error) {
	return newEventStream(c.openEvents, true, time.Minute, nil).messages(ctx)
}

func (c *SocketClient) openEvents(ctx context.Context, query url.Values) (*http.Response, error) {
	query.Set("stream", "true")
	return c.send(ctx, http.MethodGet, "/events", query, nil)
}

// send makes one request below BaseURL. The caller closes the body.
func (c *SocketClient) send(ctx context.Context, method, path string, query url.Values, header http.Header) (*http.Response, error) {
	address := c.BaseURL + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return send(ctx, c.Client, method, address, header, nil)
}

func (c *SocketClient) getJSON(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := c.send(bounded(ctx), http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}
