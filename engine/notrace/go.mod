module go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp

go 1.24

require go.opentelemetry.io/otel/trace v1.33.0
