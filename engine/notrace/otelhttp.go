// Package otelhttp takes the place of OpenTelemetry's package of that path, which
// Docker's client asks for each of its requests to be traced with. edged traces
// nothing; with the original, which brings every attribute that OpenTelemetry ever
// named, the binary and the memory at rest would grow for nothing.
package otelhttp

import (
	"net/http"

	"go.opentelemetry.io/otel/trace"
)

// Option would say how to trace.
type Option any

// NewTransport returns base: requests are not traced.
func NewTransport(base http.RoundTripper, _ ...Option) http.RoundTripper { return base }

// WithSpanNameFormatter would name what is traced.
func WithSpanNameFormatter(func(operation string, r *http.Request) string) Option { return nil }

// WithTracerProvider would say where traces go.
func WithTracerProvider(trace.TracerProvider) Option { return nil }
