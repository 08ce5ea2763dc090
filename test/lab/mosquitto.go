package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MosquittoOptions choose how a private broker behaves.
type MosquittoOptions struct {
	User, Password string // when User is set, nobody else gets in
	Persistence    bool   // retained messages and sessions outlive Restart
	TLS            bool   // serve TLS with a certificate for 127.0.0.1 and localhost, see CAFile
	ClientCert     bool   // with TLS: let in only who has a certificate of the same authority, see ClientFiles
	Binary         string // another mosquitto than the one in the path
}

// Mosquitto is a private MQTT broker on a loopback port, which stays the same over Restart.
type Mosquitto struct {
	service
	addr  string
	plain string // a second listener without TLS, for the test itself
	tls   bool
}

// StartMosquitto starts a broker in folder and returns when it accepts connections.
func StartMosquitto(ctx context.Context, folder *Folder, opts MosquittoOptions) (*Mosquitto, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, fmt.Errorf("start mosquitto: %w", err)
	}
	dir, err := os.MkdirTemp(folder.Path, "mosquitto-")
	if err != nil {
		return nil, fmt.Errorf("start mosquitto: %w", err)
	}
	m := &Mosquitto{addr: addr, tls: opts.TLS}
	if opts.ClientCert {
		if m.plain, err = FreeAddr(); err != nil {
			return nil, fmt.Errorf("start mosquitto: %w", err)
		}
	}
	m.service = service{
		name: "mosquitto", dir: dir,
		argv:  []string{cmp.Or(opts.Binary, "mosquitto"), "-c", filepath.Join(dir, "mosquitto.conf")},
		probe: dialProbe(addr),
	}
	if err := m.configure(opts); err != nil {
		return nil, fmt.Errorf("start mosquitto: %w", err)
	}
	if err := m.Start(ctx); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

// configure writes the broker's files. Without set_tcp_nodelay each acknowledged publish waits 40 ms on loopback.
func (m *Mosquitto) configure(opts MosquittoOptions) error {
	host, port, err := net.SplitHostPort(m.addr)
	if err != nil {
		return err
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "listener %s %s\nset_tcp_nodelay true\nuser root\nallow_anonymous %t\n", port, host, opts.User == "")
	if opts.Persistence {
		fmt.Fprintf(&conf, "persistence true\npersistence_location %s/\nautosave_interval 1\nautosave_on_changes true\n", m.dir)
	}
	if opts.User != "" {
		passwords := filepath.Join(m.dir, "passwords")
		fmt.Fprintf(&conf, "password_file %s\n", passwords)
		if out, err := exec.Command("mosquitto_passwd", "-b", "-c", passwords, opts.User, opts.Password).CombinedOutput(); err != nil {
			return fmt.Errorf("mosquitto_passwd: %w: %s", err, out)
		}
	}
	if opts.TLS {
		if err := writeCertificates(m.dir); err != nil {
			return err
		}
		fmt.Fprintf(&conf, "certfile %[1]s/server.pem\nkeyfile %[1]s/server.key\n", m.dir)
	}
	if opts.ClientCert {
		_, port, _ := net.SplitHostPort(m.plain)
		fmt.Fprintf(&conf, "cafile %s\nrequire_certificate true\nlistener %s %s\n", m.CAFile(), port, host)
	}
	return os.WriteFile(filepath.Join(m.dir, "mosquitto.conf"), []byte(conf.String()), 0o644)
}

// URL returns mqtt://127.0.0.1:PORT, or mqtts:// with TLS.
func (m *Mosquitto) URL() string {
	if m.tls {
		return "mqtts://" + m.addr
	}
	return "mqtt://" + m.addr
}

// CAFile returns the path of the authority that signed the broker's certificate, in PEM.
func (m *Mosquitto) CAFile() string { return filepath.Join(m.dir, "ca.pem") }

// ClientFiles returns the paths of a certificate that the broker lets in, and of its key, in PEM.
func (m *Mosquitto) ClientFiles() (cert, key string) {
	return filepath.Join(m.dir, "client.pem"), filepath.Join(m.dir, "client.key")
}

// PlainURL returns the URL of the listener that asks nobody for a certificate, beside one that does.
func (m *Mosquitto) PlainURL() string { return "mqtt://" + m.plain }

// Stop ends the broker and removes its files.
func (m *Mosquitto) Stop() error {
	m.end()
	if err := errors.Join(reap(m.dir), os.RemoveAll(m.dir)); err != nil {
		return fmt.Errorf("stop mosquitto: %w", err)
	}
	return nil
}
