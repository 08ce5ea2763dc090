package device

import (
	"strings"

	"edged/hooks"
)

// network is how the device reaches the world: by the interface of its default route.
// Whether the broker answers is not for the kernel to say.
// Nor is whether bytes cost money: of a cellular link that is assumed.
func (d *Device) network() hooks.Net {
	n := hooks.Net{Link: d.linkOf(d.defaultRoute())}
	if n.Link == "cellular" {
		n.Metered = new(true)
	}
	return n
}

// Route names the interface of the default route, and whether it has a carrier, as
// one word; it is empty without a route. Two that differ are two ways to the world.
func (d *Device) Route() string {
	name := d.defaultRoute()
	if name == "" || d.text("sys/class/net/"+name+"/carrier") == "0" {
		return ""
	}
	return name
}

// defaultRoute is the interface of the default route of the least metric, of IPv4
// or else of IPv6.
func (d *Device) defaultRoute() string {
	best, least := "", ""
	for line := range strings.Lines(d.text("proc/net/route")) {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		if metric := padded(f[6]); best == "" || metric < least {
			best, least = f[0], metric
		}
	}
	if best != "" {
		return best
	}
	for line := range strings.Lines(d.text("proc/net/ipv6_route")) {
		// destination length source length next-hop metric refcnt use flags iface
		f := strings.Fields(line)
		if len(f) < 10 || f[1] != "00" || f[9] == "lo" || strings.Trim(f[0], "0") != "" || strings.Trim(f[4], "0") == "" {
			continue
		}
		if best == "" || f[5] < least {
			best, least = f[9], f[5]
		}
	}
	return best
}

// padded makes texts of numbers compare as the numbers do.
func padded(number string) string { return strings.Repeat("0", max(0, 12-len(number))) + number }

// linkOf says what an interface is; empty for none.
func (d *Device) linkOf(name string) string {
	dir := "sys/class/net/" + name
	switch {
	case name == "":
		return ""
	case d.exists(dir + "/wireless"), d.exists(dir + "/phy80211"):
		return "wifi"
	case strings.HasPrefix(name, "wwan"), strings.HasPrefix(name, "ppp"), strings.HasPrefix(name, "rmnet"),
		strings.Contains(d.text(dir+"/uevent"), "DEVTYPE=wwan"):
		return "cellular"
	case d.text(dir+"/type") == "1": // ARPHRD_ETHER
		return "ethernet"
	default:
		return "other"
	}
}
