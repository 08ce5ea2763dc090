// Package supervise tells systemd how the daemon is, by the protocol of sd_notify(3). Under any other init system it does
// nothing.
package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// Systemd is the service manager that has started the process. The zero value is none.
type Systemd struct {
	socket   string        // path, or a name that begins with @
	watchdog time.Duration // how long it bears silence; 0: for ever
}

// FromEnviron finds the service manager in an environment of NAME=value for the process pid.
func FromEnviron(environ []string, pid int) (Systemd, error) {
	vars := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	s := Systemd{socket: vars["NOTIFY_SOCKET"]}
	usec := vars["WATCHDOG_USEC"]
	if usec == "" || s.socket == "" {
		return s, nil
	}
	// The variables are inherited; they mean the process that is named.
	if owner := vars["WATCHDOG_PID"]; owner != "" && owner != strconv.Itoa(pid) {
		return s, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<63-1)/int64(time.Microsecond) {
		return s, fmt.Errorf("read WATCHDOG_USEC: want microseconds, got %q", usec)
	}
	s.watchdog = time.Duration(n) * time.Microsecond
	return s, nil
}

// Ready says that the start is over.
func (s Systemd) Ready(ctx context.Context) error { return s.tell(ctx, "READY=1") }

// Stopping says that the end has begun.
func (s Systemd) Stopping(ctx context.Context) error { return s.tell(ctx, "STOPPING=1") }

// Watch gives a sign of life at half the time that systemd bears silence, as sd_watchdog_enabled(3) advises, until ctx
// ends. It gives none as long as alive fails or does not return; its context ends with the time for the next sign.
func (s Systemd) Watch(ctx context.Context, alive func(context.Context) error, log *slog.Logger) {
	if s.watchdog == 0 {
		return
	}
	tick := time.NewTicker(s.watchdog / 2)
	defer tick.Stop()
	for {
		if err := s.sign(ctx, alive); err != nil && ctx.Err() == nil {
			log.Error("no sign of life for systemd", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s Systemd) sign(ctx context.Context, alive func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.watchdog/2)
	defer cancel()
	if err := alive(ctx); err != nil {
		return err
	}
	return s.tell(ctx, "WATCHDOG=1")
}

func (s Systemd) tell(ctx context.Context, state string) error {
	if s.socket == "" {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unixgram", s.socket)
	if err != nil {
		return fmt.Errorf("tell systemd %s: %w", state, err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("tell systemd %s: %w", state, err)
	}
	return nil
}
