package lab

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreeAddr picks a loopback address, HOST:PORT, that nobody listens on. It stays below the ports that the kernel gives to outgoing
// connections (32768 and up by default), which could otherwise take the port before its daemon does.
func FreeAddr() (string, error) {
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000)))
		if listener, err := net.Listen("tcp", addr); err == nil {
			return addr, listener.Close()
		}
	}
	return "", errors.New("find a free port: 100 tries failed")
}

// dialProbe succeeds when somebody accepts connections at addr.
func dialProbe(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
