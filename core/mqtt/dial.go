package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// dialTimeout bounds each of: finding and reaching the broker, and its answer to
// our greeting.
const dialTimeout = 10 * time.Second

// dial connects to a broker.
func dial(ctx context.Context, b broker, files TLS) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	if !b.secure {
		return d.DialContext(ctx, "tcp", b.addr)
	}
	config, err := files.config(b.host)
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{NetDialer: &d, Config: config}).DialContext(ctx, "tcp", b.addr)
}

func (t TLS) config(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read CA: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA %s: no certificate in it", t.CA)
		}
	}
	if t.Cert == "" && t.Key == "" {
		return config, nil
	}
	cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{cert}
	return config, nil
}

// cause strips an error of the addresses and ports of one connection, so that
// the same trouble reads the same each time.
func cause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}
