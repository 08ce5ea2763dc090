package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/docker/docker/client"
)

// ContainerClient is a connection to one container engine. It is safe for concurrent use and outlives restarts of the
// engine. Make it with [NewContainerClient].
type ContainerClient struct {
	// Client is the Docker module's client on the same transport.
	Client *client.Client
	// Engine says which engine answered when the client was made.
	Engine EngineCapabilities
	// LibPod speaks Podman's own API. It is nil unless Engine.HasLibPodAPI.
	LibPod *SocketClient

	http        *http.Client
	transport   *http.Transport
	base        string // scheme and authority of requests by http
	callTimeout time.Duration
	stats       *sampleCache
	machine     machine
}

// NewContainerClient finds the engine (see [Candidates]), tries to reach it as often as the options say, and returns once
// it has answered. The waits between the attempts grow up to the retry interval, with jitter; the context ends them.
// It fails with [ErrUnreachable] if no engine answered.
//
// Unlike the package whose API this one follows, it does not change DOCKER_HOST and CONTAINER_HOST of the process:
// commands that we start are given them.
func NewContainerClient(ctx context.Context, opts ...Opt) (*ContainerClient, error) {
	o, err := newClientOptions(opts)
	if err != nil {
		return nil, err
	}
	retry := backoff{first: min(250*time.Millisecond, o.RetryInterval), last: o.RetryInterval}
	for attempt := 1; ; attempt++ {
		c, err := connectAny(ctx, o)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, wrapErr("connect to engine", "", errors.Join(ctx.Err(), err))
		}
		if attempt == o.Attempts || errors.Is(err, errBadOption) {
			return nil, fmt.Errorf("connect to engine (attempt %d): %w", attempt, err)
		}
		if o.OnRetry != nil {
			o.OnRetry(attempt, err)
		}
		if err := retry.wait(ctx); err != nil {
			return nil, wrapErr("connect to engine", "", err)
		}
	}
}

// Host is the address of the engine as in DOCKER_HOST.
func (c *ContainerClient) Host() string { return c.Client.DaemonHost() }

// Close drops the idle connections. Streams end with their contexts.
func (c *ContainerClient) Close() { c.transport.CloseIdleConnections() }

// IsPodman reports whether the engine is Podman.
func (c *ContainerClient) IsPodman() bool { return c.Engine.Type == EnginePodman }
