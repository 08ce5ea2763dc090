// Package client talks to a running edged over its unix socket.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"edged/core/api"
	"edged/core/request"
)

// Client is a way to one daemon. Its methods fail with [ErrNotRunning] when
// there is none, and with an [*Error] when the daemon refuses.
type Client struct {
	socket string
	http   *http.Client
}

// ErrNotRunning says that no daemon answers on the socket.
var ErrNotRunning = errors.New("edged is not running")

// Error is a refusal of the daemon.
type Error struct {
	Status  int    // HTTP
	Message string // the daemon's own words
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// New makes a client for the socket at a path. It connects with each call.
func New(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &Client{socket: socket, http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// Containers lists the containers that edged knows.
func (c *Client) Containers(ctx context.Context) ([]api.Container, error) {
	var list []api.Container
	return list, c.get(ctx, "/v1/containers", &list)
}

// Software lists what software management sees.
func (c *Client) Software(ctx context.Context) ([]request.Module, error) {
	var list []request.Module
	return list, c.get(ctx, "/v1/software", &list)
}

// Status says how the daemon is.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	var s api.Status
	return s, c.get(ctx, "/v1/status", &s)
}

// Cancel calls a request off; an update that has touched something is rolled back.
func (c *Client) Cancel(ctx context.Context, id string) error {
	resp, err := c.call(ctx, http.MethodDelete, "/v1/requests/"+url.PathEscape(id), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	resp, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read edged's answer: %w", err)
	}
	return nil
}

// call sends one request; the caller closes the body.
func (c *Client) call(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	// The host is only for HTTP's sake: the socket is the address.
	req, err := http.NewRequestWithContext(ctx, method, "http://edged"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask edged: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		defer func() { _ = resp.Body.Close() }()
		return nil, refusal(resp)
	}
	return resp, nil
}

// explain says what to do about a socket that does not answer.
func (c *Client) explain(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: no socket at %s; start it with \"edged run\"", ErrNotRunning, c.socket)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nobody answers at %s; start it with \"edged run\"", ErrNotRunning, c.socket)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("connect to edged: no permission for %s; be root or a member of its group", c.socket)
	default:
		return fmt.Errorf("ask edged: %w", err)
	}
}

func refusal(resp *http.Response) error {
	var r api.Refusal
	err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&r)
	if err != nil || r.Error == "" {
		r.Error = "edged answered " + resp.Status
	}
	return &Error{Status: resp.StatusCode, Message: r.Error}
}
