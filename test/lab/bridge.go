package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// addBridge makes a network bridge with an address such as 10.200.0.1/24. One that is there stays.
func addBridge(name, address string) error {
	if bridgeExists(name) {
		return nil
	}
	return errors.Join(
		ip("link", "add", name, "type", "bridge"),
		ip("address", "add", address, "dev", name),
		ip("link", "set", name, "up"),
	)
}

func removeBridge(name string) error {
	if !bridgeExists(name) {
		return nil
	}
	return ip("link", "delete", name)
}

func bridgeExists(name string) bool {
	_, err := os.Stat(filepath.Join("/sys/class/net", name))
	return err == nil
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
