package lab

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
)

// removeRules removes the packet filter rules that Podman's netavark made for addresses in networks. In good order it
// does so itself; after a crash a forwarded port would lead nowhere until the next boot.
func removeRules(networks ...netip.Prefix) error {
	for _, table := range []string{"filter", "nat"} {
		out, err := exec.Command("iptables", "--wait", "--table", table, "--list-rules").Output()
		if err != nil {
			return fmt.Errorf("list packet filter rules: %w", err)
		}
		commands := removal(strings.Split(string(out), "\n"), networks)
		if len(commands) == 0 {
			continue
		}
		restore := exec.Command("iptables-restore", "--wait", "--noflush")
		restore.Stdin = strings.NewReader("*" + table + "\n" + strings.Join(commands, "\n") + "\nCOMMIT\n")
		if out, err := restore.CombinedOutput(); err != nil {
			return fmt.Errorf("remove packet filter rules: %w: %s", err, out)
		}
	}
	return nil
}

// removal answers what to tell iptables-restore: delete the rules that name our addresses or lead to a chain that does,
// then those chains. Rules are as iptables --list-rules prints them.
func removal(rules []string, networks []netip.Prefix) []string {
	var chains, deletions, commands []string
	for _, rule := range rules {
		if chain := chainOf(rule); hasAddress(rule, networks) && isPerNetwork(chain) && !slices.Contains(chains, chain) {
			chains = append(chains, chain)
		}
	}
	for _, rule := range rules {
		rest, isRule := strings.CutPrefix(rule, "-A ")
		if !isRule || slices.Contains(chains, chainOf(rule)) {
			continue
		}
		if hasAddress(rule, networks) || slices.Contains(chains, rule[strings.LastIndexByte(rule, ' ')+1:]) {
			deletions = append(deletions, "-D "+rest)
		}
	}
	for _, chain := range chains {
		commands = append(commands, "-F "+chain)
	}
	for _, chain := range chains {
		commands = append(commands, "-X "+chain)
	}
	return append(deletions, commands...)
}

// isPerNetwork tells the chains of one network or one forwarded container from those that all share.
func isPerNetwork(chain string) bool {
	return strings.HasPrefix(chain, "NETAVARK-") && !strings.HasPrefix(chain, "NETAVARK-HOSTPORT-")
}

func chainOf(rule string) string {
	if fields := strings.Fields(rule); len(fields) > 1 && fields[0] == "-A" {
		return fields[1]
	}
	return ""
}

func hasAddress(rule string, networks []netip.Prefix) bool {
	for field := range strings.FieldsSeq(rule) {
		host, _, _ := strings.Cut(field, "/")
		if addrPort, err := netip.ParseAddrPort(host); err == nil {
			host = addrPort.Addr().String()
		}
		addr, err := netip.ParseAddr(host)
		if err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) }) {
			return true
		}
	}
	return false
}
