package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// ownNetwork puts the daemon into a network of its own, whose way to the world is eth0. There is no broker in it.
func (e *edged) ownNetwork() {
	e.t.Helper()
	e.network = "edged-" + e.prefix[max(0, len(e.prefix)-24):]
	e.ip("netns", "add", e.network)
	e.t.Cleanup(func() { e.ip("netns", "delete", e.network) })
	for i, link := range []string{"eth0", "wwan0"} {
		e.ip("-n", e.network, "link", "add", link, "type", "veth", "peer", "name", "peer"+link)
		e.ip("-n", e.network, "address", "add", []string{"192.0.2.1/25", "192.0.2.129/25"}[i], "dev", link)
		e.ip("-n", e.network, "link", "set", link, "up")
		e.ip("-n", e.network, "link", "set", "peer"+link, "up")
	}
	e.route("eth0")
}

// route changes the network's way to the world.
func (e *edged) route(link string) {
	e.t.Helper()
	via := map[string]string{"eth0": "192.0.2.2", "wwan0": "192.0.2.130"}[link]
	e.ip("-n", e.network, "route", "replace", "default", "via", via, "dev", link)
}

func (e *edged) ip(args ...string) {
	e.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		e.t.Errorf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Scripts hear that the way to the world is another one, and see what kind it is.
func TestNetworkNotice(t *testing.T) {
	e := onDocker(t)
	e.ownNetwork()
	e.script("10-network.lua", `
edged.every("1s", function() edged.log("warn", "looked") end)
edged.on("network", function(ev)
  edged.log("warn", ("from %s to %s, which is %s"):format(tostring(ev.from), tostring(ev.to), tostring(ev.device.net.link)))
end)`)
	e.launch()
	e.journal.wait(t, "looked") // at the way, too
	e.route("wwan0")
	e.journal.wait(t, "from eth0 to wwan0, which is cellular")
	e.ip("-n", e.network, "link", "set", "wwan0", "down")
	e.journal.wait(t, "from wwan0 to nil, which is nil")
}
