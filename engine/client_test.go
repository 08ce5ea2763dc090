package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestIdentify(t *testing.T) {
	tests := []struct {
		name    string
		version string
		podman  bool
		want    EngineCapabilities
	}{
		{"docker 28", `{"Version":"28.5.2","Components":[{"Name":"Engine"},{"Name":"containerd"}]}`, false,
			EngineCapabilities{Type: EngineDocker, Version: "28.5.2"}},
		{"podman 4", `{"Version":"4.3.1","Components":[{"Name":"Podman Engine"}]}`, true,
			EngineCapabilities{Type: EnginePodman, HasLibPodAPI: true, Version: "4.3.1"}},
		{"podman behind a proxy without libpod", `{"Version":"4.3.1","Components":[{"Name":"Podman Engine"}]}`, false,
			EngineCapabilities{Type: EnginePodman, Version: "4.3.1"}},
		{"something else", `{"Version":"1"}`, false, EngineCapabilities{Type: EngineUnknown, Version: "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.version = test.version
			if test.podman {
				f.podman()
			}
			c := f.client(t)
			if c.Engine != test.want || (c.LibPod != nil) != test.want.HasLibPodAPI || c.IsPodman() != (test.want.Type == EnginePodman) {
				t.Errorf("got %+v, want %+v", c.Engine, test.want)
			}
			if c.Host() != f.host {
				t.Errorf("host %q", c.Host())
			}
		})
	}
}

// TestIdentifyByPing: an engine that names itself is not asked for its version.
func TestIdentifyByPing(t *testing.T) {
	for server, want := range map[string]EngineCapabilities{
		"Docker/20.10.24+dfsg1 (linux)": {Type: EngineDocker, Version: "20.10.24+dfsg1"},
		"Libpod/5.4.2 (linux)":          {Type: EnginePodman, HasLibPodAPI: true, Version: "5.4.2"},
		"Docker/28.5.2":                 {Type: EngineDocker, Version: "28.5.2"},
	} {
		f := newFake(t)
		f.server, f.version = server, "no version is asked for"
		if want.Type == EnginePodman {
			f.podman()
		}
		if got := f.client(t).Engine; got != want {
			t.Errorf("%s: got %+v, want %+v", server, got, want)
		}
	}
	for _, server := range []string{"", "nginx/1.27.0", "Docker", "Docker/ (linux)"} {
		f := newFake(t)
		f.server = server
		if got := f.client(t).Engine; got.Type != EngineDocker || got.Version != "20.10.24" {
			t.Errorf("%q: got %+v", server, got)
		}
	}
}

func TestConnectRetries(t *testing.T) {
	host := "unix://" + filepath.Join(t.TempDir(), "none")
	var told []int
	_, err := NewContainerClient(t.Context(), WithHost(host), WithAttempts(3), WithRetryInterval(time.Millisecond),
		WithRetryNotify(func(attempt int, err error) {
			told = append(told, attempt)
			if !errors.Is(err, ErrUnreachable) {
				t.Errorf("attempt %d: %v", attempt, err)
			}
		}))
	if !errors.Is(err, ErrUnreachable) || !slices.Equal(told, []int{1, 2}) {
		t.Errorf("%v after being told of %v", err, told)
	}
}

func TestConnectWaitsForEngine(t *testing.T) {
	f := newFake(t)
	later := filepath.Join(t.TempDir(), "later")
	c, err := NewContainerClient(t.Context(), WithHost("unix://"+later), WithInfiniteRetries(), WithRetryInterval(time.Millisecond),
		WithRetryNotify(func(attempt int, _ error) {
			if attempt == 5 {
				if err := os.Symlink(f.host[len("unix://"):], later); err != nil {
					t.Error(err)
				}
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestConnectEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	host := "unix://" + filepath.Join(t.TempDir(), "none")
	_, err := NewContainerClient(ctx, WithHost(host), WithInfiniteRetries(), WithRetryInterval(time.Hour),
		WithRetryNotify(func(int, error) { cancel() }))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestConnectRefusesBadOptions(t *testing.T) {
	for name, opt := range map[string]Opt{
		"host without scheme": WithHost("/var/run/docker.sock"), "ssh": WithHost("ssh://host"),
		"no attempts": WithAttempts(0), "retry interval": WithRetryInterval(0), "call timeout": WithCallTimeout(-1),
	} {
		told := 0
		c, err := NewContainerClient(t.Context(), opt, WithRetryNotify(func(int, error) { told++ }))
		if err == nil || c != nil || told != 0 {
			t.Errorf("%s: %v, %v after %d retries", name, c, err, told)
		}
	}
}

func TestConnectHang(t *testing.T) {
	f := newFake(t)
	f.server = "Libpod/5.4.2 (linux)"
	f.hang(libpodPath + "/_ping")
	begin := time.Now()
	c, err := NewContainerClient(t.Context(), WithHost(f.host), WithAttempts(1), WithCallTimeout(50*time.Millisecond))
	if !errors.Is(err, ErrUnreachable) || time.Since(begin) > probeTimeout/2 {
		t.Errorf("%v, %v after %s", c, err, time.Since(begin))
	}
}

func TestTCP(t *testing.T) {
	host, _ := tcpFake(t, false)
	c, err := NewContainerClient(t.Context(), WithHost(host), WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.List(t.Context(), FilterOptions{}); err != nil {
		t.Error(err)
	}
	c.Close()
}

func TestTLS(t *testing.T) {
	host, server := tcpFake(t, true)
	dir := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority, 0o600); err != nil {
		t.Fatal(err)
	}
	try := func(opts ...Opt) error {
		c, err := NewContainerClient(t.Context(), append(opts, WithHost(host), WithAttempts(1))...)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.List(t.Context(), FilterOptions{})
		return err
	}
	if err := try(); err == nil {
		t.Error("a TLS engine was reached without TLS")
	}
	if err := try(WithTLS(&tls.Config{})); err == nil {
		t.Error("an unknown authority was accepted")
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	if err := try(WithTLS(&tls.Config{RootCAs: roots})); err != nil {
		t.Errorf("with the option: %v", err)
	}
	t.Setenv("DOCKER_CERT_PATH", dir)
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	if err := try(); err != nil {
		t.Errorf("with the environment: %v", err)
	}
	t.Setenv("DOCKER_CERT_PATH", t.TempDir())
	if err := try(); err == nil {
		t.Error("missing certificates were passed over")
	}
	t.Setenv("DOCKER_CERT_PATH", "")
	for _, variable := range []string{"DOCKER_CONFIG", "HOME"} {
		t.Setenv("DOCKER_CONFIG", "")
		t.Setenv("HOME", t.TempDir())
		if err := try(); err == nil {
			t.Error("without a folder of certificates, the engine was not verified")
		}
		home := filepath.Join(t.TempDir(), ".docker")
		if err := os.CopyFS(home, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		t.Setenv(variable, map[string]string{"DOCKER_CONFIG": home, "HOME": filepath.Dir(home)}[variable])
		if err := try(); err != nil {
			t.Errorf("with certificates in %s: %v", variable, err)
		}
	}
}

func TestCandidates(t *testing.T) {
	t.Setenv("DOCKER_HOST", "tcp://a:1")
	t.Setenv("CONTAINER_HOST", "tcp://b:2")
	t.Setenv("SUDO_UID", "1234")
	t.Setenv("XDG_RUNTIME_DIR", "/xdg")
	if got := Candidates(); !slices.Equal(got, []string{"tcp://a:1"}) {
		t.Errorf("with DOCKER_HOST: %v", got)
	}
	t.Setenv("DOCKER_HOST", "")
	if got := Candidates(); !slices.Equal(got, []string{"tcp://b:2"}) {
		t.Errorf("with CONTAINER_HOST: %v", got)
	}
	t.Setenv("CONTAINER_HOST", "")
	user := GetUserID()
	if os.Geteuid() == 0 && user != "1234" {
		t.Errorf("user %s", user)
	}
	want := []string{
		"unix:///run/user/" + user + "/docker.sock", "unix:///xdg/docker.sock", "unix:///xdg/podman/podman.sock",
		"unix:///run/user/" + user + "/podman/podman.sock", "unix:///tmp/storage-run-" + user + "/podman/podman.sock",
		"unix:///var/run/docker.sock", "unix:///run/podman/podman.sock", "unix:///run/user/0/podman/podman.sock",
	}
	if got := Candidates(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestConnectPassesOverDeadSockets(t *testing.T) {
	f := newFake(t)
	dir := t.TempDir()
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("CONTAINER_HOST", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if err := os.WriteFile(filepath.Join(dir, "docker.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "podman"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(f.host[len("unix://"):], filepath.Join(dir, "podman", "podman.sock")); err != nil {
		t.Fatal(err)
	}
	c, err := NewContainerClient(t.Context(), WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if want := "unix://" + filepath.Join(dir, "podman", "podman.sock"); c.Host() != want {
		t.Errorf("connected to %s, want %s", c.Host(), want)
	}
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backoff{first: 100 * time.Millisecond, last: time.Second}
		for _, longest := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
			longest *= time.Millisecond
			begin := time.Now()
			if err := b.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(begin); d > longest || d < longest/2 {
				t.Errorf("waited %s, want at most %s and at least half of it", d, longest)
			}
		}
		b.reset()
		if d := b.delay(); d > 100*time.Millisecond {
			t.Errorf("after the reset %s", d)
		}
	})
}
