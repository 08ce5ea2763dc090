package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// addBridge makes a network bridge with the first address of network. One that is there stays.
func addBridge(name string, network netip.Prefix) error {
	if _, err := os.Stat(filepath.Join("/sys/class/net", name)); err == nil {
		return nil
	}
	address := netip.PrefixFrom(network.Addr().Next(), network.Bits()).String()
	return errors.Join(
		ip("link", "add", name, "type", "bridge"),
		ip("address", "add", address, "dev", name),
		ip("link", "set", name, "up"),
	)
}

// removeBridges removes the interfaces with an address in one of the networks: an engine leaves the bridges of networks
// that were made for a compose project, under names of its own choice.
func removeBridges(networks ...netip.Prefix) error {
	var errs []error
	for _, name := range interfacesIn(networks...) {
		errs = append(errs, ip("link", "delete", name))
	}
	return errors.Join(errs...)
}

func interfacesIn(networks ...netip.Prefix) []string {
	var names []string
	interfaces, _ := net.Interfaces()
	for _, candidate := range interfaces {
		addrs, _ := candidate.Addrs()
		for _, addr := range addrs {
			prefix, err := netip.ParsePrefix(addr.String())
			if err != nil {
				continue
			}
			if slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(prefix.Addr()) }) {
				names = append(names, candidate.Name)
			}
		}
	}
	return names
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
