package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ErrInUse says that another daemon serves the socket.
var ErrInUse = errors.New("another edged is running")

// listen binds the socket under a name beside its own, gives it its group and
// mode, and only then its name: nobody ever sees it with other rights, and one
// that a dead daemon left behind is replaced in the same step.
func listen(ctx context.Context, path, group string, log *slog.Logger) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make folder of socket: %w", err)
	}
	if err := vacant(ctx, path); err != nil {
		return nil, err
	}
	fresh := path + "~"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove leftover socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	listener.SetUnlinkOnClose(false)
	if err := publish(fresh, path, group, log); err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(fresh))
	}
	return listener, nil
}

// vacant makes sure that nobody serves the socket, and that what has its name is
// nothing but a socket.
func vacant(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("listen on %s: there is something else than a socket", path)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(fmt.Errorf("listen on %s: %w", path, ErrInUse), conn.Close())
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("look at socket: %w", err)
	}
}

func publish(fresh, path, group string, log *slog.Logger) error {
	if err := os.Chmod(fresh, 0o660); err != nil {
		return fmt.Errorf("set mode of socket: %w", err)
	}
	if err := chgrp(fresh, group); err != nil {
		log.Warn("the socket keeps the group of the daemon", "socket", path, "error", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("name socket: %w", err)
	}
	return nil
}

// chgrp gives the file to the group, if there is one of that name.
func chgrp(file, group string) error {
	found, err := user.LookupGroup(group)
	if err != nil {
		if _, unknown := errors.AsType[user.UnknownGroupError](err); unknown {
			return nil
		}
		return err
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		return err
	}
	return os.Chown(file, -1, gid)
}
