package engine

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/docker/docker/client"
	"github.com/docker/go-connections/sockets"
)

const (
	// maxBody bounds what a short call reads. A list of 1000 containers with long labels stays below 8 MiB.
	maxBody = 16 << 20
	// maxRefusal bounds the text of an error answer.
	maxRefusal = 64 << 10
	// idleTime is how long an unused connection is kept: long enough for a burst of calls, short enough that a
	// device at rest holds none.
	idleTime = 10 * time.Second
	maxIdle  = 8
)

var errBodyTooLarge = errors.New("answer longer than 16 MiB")

// newTransport makes the one transport that all requests to the engine at host share.
func newTransport(host string, tlsConfig *tls.Config) (*http.Transport, error) {
	u, err := client.ParseHostURL(host)
	if err != nil {
		return nil, fmt.Errorf("parse engine host: %w", err)
	}
	if u.Scheme != "unix" && u.Scheme != "tcp" {
		return nil, fmt.Errorf("parse engine host %s: only unix:// and tcp:// are supported", host)
	}
	t := &http.Transport{
		TLSClientConfig:     tlsConfig,
		MaxIdleConnsPerHost: maxIdle,
		IdleConnTimeout:     idleTime,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	if err := sockets.ConfigureTransport(t, u.Scheme, u.Host); err != nil {
		return nil, fmt.Errorf("parse engine host %s: %w", host, err)
	}
	return t, nil
}

// baseURL is the address that requests through newTransport(host) are made out to.
func baseURL(host string, tlsConfig *tls.Config) string {
	u, err := client.ParseHostURL(host)
	if err != nil || u.Scheme == "unix" {
		return "http://" + client.DummyHost
	}
	if tlsConfig != nil {
		return "https://" + u.Host + strings.TrimSuffix(u.Path, "/")
	}
	return "http://" + u.Host + strings.TrimSuffix(u.Path, "/")
}

type boundedKey struct{}

// bounded marks the requests made with the context as short: their answers are cut at maxBody.
func bounded(ctx context.Context) context.Context {
	return context.WithValue(ctx, boundedKey{}, true)
}

// boundedTransport keeps a broken engine from filling our memory through decoders that read without limit.
type boundedTransport struct{ base *http.Transport }

func (t boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err == nil && req.Context().Value(boundedKey{}) != nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBodyTooLarge
	}
	p = p[:min(int64(len(p)), b.left)]
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

// send makes one request and turns an answer outside 2xx and 3xx into a *statusError. The caller closes the body.
func send(ctx context.Context, hc *http.Client, method, address string, header http.Header, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := hc.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, readRefusal(resp)
}

// readRefusal reads the engine's words: {"message": ...} from Docker, {"cause", "message"} from Podman, or plain text.
func readRefusal(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return &statusError{code: resp.StatusCode}
	}
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Message != "" {
		return &statusError{code: resp.StatusCode, message: answer.Message}
	}
	return &statusError{code: resp.StatusCode, message: strings.TrimSpace(string(text))}
}

// open asks the engine's Docker API. The caller closes the body.
func (c *ContainerClient) open(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	address := c.base + "/v" + c.Client.ClientVersion() + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return send(ctx, c.http, http.MethodGet, address, nil, nil)
}

// getJSON asks the engine's Docker API for one JSON value.
func (c *ContainerClient) getJSON(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := c.open(ctx, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

// call runs one short exchange with the engine: bounded in time and in size of the answer, its error wrapped.
func (c *ContainerClient) call(ctx context.Context, verb, object string, f func(context.Context) error) error {
	short, cancel := context.WithTimeout(ctx, c.callTimeout)
	defer cancel()
	err := f(bounded(short))
	if err != nil && ctx.Err() == nil && short.Err() != nil {
		// Our own deadline, not the caller's: to the caller that is an engine that does not answer.
		err = fmt.Errorf("%w: no answer within %s", ErrUnreachable, c.callTimeout)
	}
	return wrapErr(verb, object, err)
}
