package api_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/core/api"
	"edged/core/api/client"
)

func TestSocketIsPrivateAndGoesAway(t *testing.T) {
	socket, stop := serve(t, &fake{})
	info, err := os.Stat(socket)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("mode of the socket is %v, want 0660", info.Mode())
	}
	stop()
	left, err := os.ReadDir(filepath.Dir(socket))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSecondDaemonIsRefused(t *testing.T) {
	socket, _ := serve(t, &fake{})
	err := api.New(socket, "", &fake{}, slog.New(slog.DiscardHandler)).Run(t.Context())
	if !errors.Is(err, api.ErrInUse) || !strings.Contains(err.Error(), socket) {
		t.Errorf("Run: %v, want ErrInUse and the socket's name", err)
	}
	if _, err := client.New(socket).Status(t.Context()); err != nil {
		t.Errorf("the first daemon does not answer any more: %v", err)
	}
}

func TestLeftoverSocketIsReplaced(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "edged.sock")
	for _, name := range []string{socket, socket + "~"} {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		l.Close()
	}
	if _, err := client.New(socket).Status(t.Context()); !errors.Is(err, client.ErrNotRunning) {
		t.Errorf("Status: %v, want ErrNotRunning", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server := api.New(socket, "no-such-group-here", &fake{}, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	select {
	case <-server.Ready():
	case err := <-ended:
		t.Fatalf("Run: %v", err)
	}
	if _, err := client.New(socket).Status(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := api.New(file, "", &fake{}, slog.New(slog.DiscardHandler)).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "something else than a socket") {
		t.Errorf("Run: %v, want a refusal", err)
	}
	if data, _ := os.ReadFile(file); string(data) != "data" {
		t.Errorf("the file is now %q", data)
	}
}

func TestNoDaemon(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "edged.sock")
	_, err := client.New(socket).Containers(t.Context())
	want := "edged is not running: no socket at " + socket + `; start it with "edged run"`
	if !errors.Is(err, client.ErrNotRunning) || err.Error() != want {
		t.Errorf("Containers: %v, want %s", err, want)
	}
}

// Who holds the socket keeps daemons out, and says why.
func TestClosed(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "edged.sock")
	ctx, cancel := context.WithCancel(t.Context())
	server := api.NewClosed(socket, "", "closed for repair", slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	select {
	case <-server.Ready():
	case err := <-ended:
		t.Fatalf("Run: %v", err)
	}
	_, err := client.New(socket).Status(t.Context())
	if refused, ok := errors.AsType[*client.Error](err); !ok || refused.Message != "closed for repair" {
		t.Errorf("Status: %v, want the reason", err)
	}
	if err := api.New(socket, "", &fake{}, slog.New(slog.DiscardHandler)).Run(t.Context()); !errors.Is(err, api.ErrInUse) {
		t.Errorf("Run: %v, want ErrInUse", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}
