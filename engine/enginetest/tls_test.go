package enginetest_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"edged/engine"
	"edged/test/lab"
)

// TestTLS works on a dockerd that speaks TLS with those who have a certificate only, as its documentation sets it up:
// https://docs.docker.com/engine/security/protect-access/.
func TestTLS(t *testing.T) {
	env := lab.Shared(t)
	if env.Rootless {
		t.Skip("the loopback of an engine without rights is its own")
	}
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	d, err := lab.StartDocker(t.Context(), folder, lab.DockerOptions{TLS: true, Root: env.Root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Stop() })
	t.Setenv("DOCKER_HOST", d.TLSHost())
	t.Run("who may", func(t *testing.T) { tlsDoor(t, d.CertDir()) })
	t.Setenv("DOCKER_CERT_PATH", d.CertDir())
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	t.Run("use", func(t *testing.T) { useOverTLS(t, env.Image("exits:1")) })
}

// tlsDoor: nothing but TLS with the right certificate and the right authority reaches the engine.
func tlsDoor(t *testing.T, certs string) {
	try := func(dir, verify string) error {
		t.Setenv("DOCKER_CERT_PATH", dir)
		t.Setenv("DOCKER_TLS_VERIFY", verify)
		c, err := engine.NewContainerClient(t.Context(), engine.WithAttempts(1))
		if err == nil {
			c.Close()
		}
		return err
	}
	only := func(names ...string) string {
		dir := t.TempDir()
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(certs, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	if err := try("", ""); err == nil {
		t.Error("reached without TLS")
	}
	if err := try(only("ca.pem"), "1"); err == nil {
		t.Error("reached without a certificate of one's own")
	}
	if err := try(only("cert.pem", "key.pem"), "1"); err == nil || errors.Is(err, engine.ErrUnreachable) {
		t.Errorf("without the authority: %v", err)
	}
	if err := try(only("ca.pem", "cert.pem", "key.pem"), "1"); err != nil {
		t.Error(err)
	}
}

// useOverTLS asks by each of the client's ways: the Docker module's, our own, streams, and the command.
func useOverTLS(t *testing.T, image string) {
	c, err := engine.NewContainerClient(t.Context(), engine.WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	stream := c.Events(t.Context())
	if err := c.Pull(t.Context(), image, false, engine.ImagePullOptions{}); err != nil {
		t.Fatal(err)
	}
	id, err := c.Create(t.Context(), engine.CreateSpec{Name: "tls", Image: image, Command: []string{"sh", "-c", "echo said; sleep 1; exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartContainer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitForStop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	limit := time.After(time.Minute)
	for e := (engine.Event{}); e.ID != id || e.Action != engine.ActionDie; {
		select {
		case e = <-stream:
		case <-limit:
			t.Fatal("no event of the exit")
		}
	}
	var log bytes.Buffer
	if err := c.ContainerLogs(t.Context(), &log, id, engine.LogsOptions{}); err != nil || log.String() != "said\n" {
		t.Errorf("log %q, %v", &log, err)
	}
	if found, err := c.GetContainer(t.Context(), "tls"); err != nil || found.Container.State != "exited" {
		t.Errorf("got %+v, %v", found, err)
	}
	if _, _, err := c.DockerCommand("ps"); err != nil {
		t.Errorf("the docker command: %v", err)
	}
}
