package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// ClientOptions is what [NewContainerClient] works by. The zero Host means: look for an engine, see [Candidates].
type ClientOptions struct {
	// Attempts to reach the engine before giving up; -1 for as long as it takes.
	Attempts int
	// Host as in DOCKER_HOST: unix:///path or tcp://host:port.
	Host string
	// RetryInterval is the longest wait between attempts. The waits grow up to it, with jitter.
	RetryInterval time.Duration
	// CallTimeout bounds each short call (list, inspect, stats); streams and stops are bounded by their context only.
	CallTimeout time.Duration
	// TLS for tcp hosts. Nil: by DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_CONFIG, as the docker command does.
	TLS *tls.Config
	// OnRetry, if set, is told why an attempt (counted from 1) failed, before the wait for the next one.
	OnRetry func(attempt int, err error)
}

// Opt changes one of the [ClientOptions].
type Opt func(o *ClientOptions) error

// WithAttempts limits the attempts to reach the engine; the default is 5.
func WithAttempts(total int) Opt {
	return func(o *ClientOptions) error {
		if total < 1 && total != -1 {
			return fmt.Errorf("set attempts to %d: at least 1, or -1 for no limit", total)
		}
		o.Attempts = total
		return nil
	}
}

// WithInfiniteRetries waits for the engine as long as it takes. Only the context ends the wait.
func WithInfiniteRetries() Opt {
	return func(o *ClientOptions) error {
		o.Attempts = -1
		return nil
	}
}

// WithHost names the engine's socket (unix:///path, tcp://host:port) instead of looking for one.
func WithHost(host string) Opt {
	return func(o *ClientOptions) error {
		o.Host = host
		return nil
	}
}

// WithRetryInterval sets the longest wait between attempts; the default is 5 seconds.
func WithRetryInterval(v time.Duration) Opt {
	return func(o *ClientOptions) error {
		if v <= 0 {
			return errors.New("set retry interval: must be positive")
		}
		o.RetryInterval = v
		return nil
	}
}

// WithCallTimeout bounds each short call (list, inspect, stats); the default is one minute.
func WithCallTimeout(v time.Duration) Opt {
	return func(o *ClientOptions) error {
		if v <= 0 {
			return errors.New("set call timeout: must be positive")
		}
		o.CallTimeout = v
		return nil
	}
}

// WithTLS sets the TLS configuration for a tcp host.
func WithTLS(config *tls.Config) Opt {
	return func(o *ClientOptions) error {
		o.TLS = config
		return nil
	}
}

// WithRetryNotify has f told of each failed attempt to reach the engine, before the next wait.
func WithRetryNotify(f func(attempt int, err error)) Opt {
	return func(o *ClientOptions) error {
		o.OnRetry = f
		return nil
	}
}

func newClientOptions(opts []Opt) (*ClientOptions, error) {
	o := &ClientOptions{Attempts: 5, RetryInterval: 5 * time.Second, CallTimeout: time.Minute}
	for _, opt := range opts {
		if err := opt(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}
