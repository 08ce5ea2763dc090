package lab

import (
	"errors"
	"os"
	"path/filepath"
)

// overTLS has dockerd serve a loopback port beside its socket, for those with a certificate of its own authority only.
func (d *Docker) overTLS() (err error) {
	if d.tlsAddr, err = FreeAddr(); err != nil {
		return err
	}
	if err := os.Mkdir(d.CertDir(), 0o700); err != nil {
		return err
	}
	if err := writeCertificates(d.CertDir()); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(d.CertDir(), name) }
	if err := errors.Join(os.Symlink("client.pem", file("cert.pem")), os.Symlink("client.key", file("key.pem"))); err != nil {
		return err
	}
	d.argv = append(d.argv, "--host", d.TLSHost(), "--tlsverify",
		"--tlscacert", file("ca.pem"), "--tlscert", file("server.pem"), "--tlskey", file("server.key"))
	return nil
}

// TLSHost is the address, in the form of DOCKER_HOST, at which dockerd speaks TLS. It stays the same over Restart.
func (d *Docker) TLSHost() string { return "tcp://" + d.tlsAddr }

// CertDir has what DOCKER_CERT_PATH names: ca.pem, cert.pem and key.pem.
func (d *Docker) CertDir() string { return filepath.Join(filepath.Dir(d.socket), "tls") }
