package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
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
		pool, err := readAuthorities(t.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
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

// readAuthorities reads a PEM file, or all files of a folder; what else lies there is passed over.
func readAuthorities(path string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	files := []string{path}
	if entries, err := os.ReadDir(path); err == nil {
		files = nil
		for _, e := range entries {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	found := false
	for _, file := range files {
		pem, err := os.ReadFile(file)
		if err != nil && file == path {
			return nil, fmt.Errorf("read CA: %w", err)
		}
		found = pool.AppendCertsFromPEM(pem) || found
	}
	if !found {
		return nil, fmt.Errorf("read CA %s: no certificate in it", path)
	}
	return pool, nil
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
