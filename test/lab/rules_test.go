package lab

import (
	"net/netip"
	"slices"
	"testing"
)

func TestRemovalTakesOurRulesOnly(t *testing.T) {
	rules := []string{
		"-P POSTROUTING ACCEPT",
		"-N NETAVARK-AAAA",
		"-N NETAVARK-DN-AAAA",
		"-N NETAVARK-BBBB",
		"-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT",
		"-A POSTROUTING -s 10.200.1.0/24 -j NETAVARK-AAAA",
		"-A POSTROUTING -s 10.201.1.0/24 -j NETAVARK-BBBB",
		"-A NETAVARK-AAAA -d 10.200.1.0/24 -j ACCEPT",
		"-A NETAVARK-AAAA ! -d 224.0.0.0/4 -j MASQUERADE",
		"-A NETAVARK-BBBB -d 10.201.1.0/24 -j ACCEPT",
		`-A NETAVARK-HOSTPORT-DNAT -p tcp --dport 80 -m comment --comment "dnat name: podman id: 1" -j NETAVARK-DN-AAAA`,
		"-A NETAVARK-DN-AAAA -d 127.0.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 10.200.1.2:80",
		"-A NETAVARK_FORWARD -d 10.200.1.0/24 -j ACCEPT",
	}
	want := []string{
		"-D POSTROUTING -s 10.200.1.0/24 -j NETAVARK-AAAA",
		`-D NETAVARK-HOSTPORT-DNAT -p tcp --dport 80 -m comment --comment "dnat name: podman id: 1" -j NETAVARK-DN-AAAA`,
		"-D NETAVARK_FORWARD -d 10.200.1.0/24 -j ACCEPT",
		"-F NETAVARK-AAAA", "-F NETAVARK-DN-AAAA",
		"-X NETAVARK-AAAA", "-X NETAVARK-DN-AAAA",
	}
	got := removal(rules, []netip.Prefix{netip.MustParsePrefix("10.200.0.0/16")})
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := removal(rules, []netip.Prefix{netip.MustParsePrefix("10.210.0.0/16")}); len(got) > 0 {
		t.Errorf("for a network without rules: %q", got)
	}
}
