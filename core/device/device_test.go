package device

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"edged/hooks"
)

// machine is a device of these files.
func machine(t *testing.T, files map[string]string) *Device {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := New(func() string { return "/images" })
	d.root, d.clock = root, func() *bool { return nil }
	d.stats = func(path string, s *syscall.Statfs_t) error {
		if path != "/images" {
			return syscall.ENOENT
		}
		s.Bavail, s.Blocks, s.Bsize = 3, 10, 4096
		return nil
	}
	return d
}

func TestLook(t *testing.T) {
	const route = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
	got := machine(t, map[string]string{
		"etc/machine-id":                          "b0a7\n",
		"etc/os-release":                          "NAME=\"Poky (Yocto)\"\nID=poky\nVERSION_ID=\"5.0\"\n",
		"proc/meminfo":                            "MemTotal:         512000 kB\nMemFree:  1 kB\nMemAvailable:     128000 kB\n",
		"proc/loadavg":                            "0.42 0.30 0.20 1/99 1234\n",
		"proc/uptime":                             "3600.25 7000.00\n",
		"proc/net/route":                          route + "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\nwwan0\t00000000\t0100000A\t0003\t0\t0\t1000\t00000000\t0\t0\t0\nwlan0\t00000000\t0100000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n",
		"proc/cpuinfo":                            "x",
		"sys/class/net/wlan0/phy80211/index":      "0",
		"sys/class/net/wlan0/carrier":             "1\n",
		"sys/class/thermal/thermal_zone0/temp":    "41500\n",
		"sys/class/thermal/thermal_zone1/temp":    "52250\n",
		"sys/class/power_supply/BAT0/type":        "Battery\n",
		"sys/class/power_supply/BAT0/capacity":    "77\n",
		"sys/class/power_supply/AC/type":          "Mains\n",
		"sys/class/power_supply/AC/online":        "0\n",
		"sys/class/power_supply/hidpp_1/type":     "Battery\n",
		"sys/class/power_supply/hidpp_1/scope":    "Device\n",
		"sys/class/power_supply/hidpp_1/capacity": "3\n",
	}).Look()
	if got.ID != "b0a7" || got.OS != "poky 5.0" || got.DiskFree != 3*4096 || got.DiskTotal != 10*4096 ||
		got.MemFree != 128000<<10 || got.MemTotal != 512000<<10 || got.Load1 != 0.42 || got.Uptime != 3600.25 {
		t.Errorf("device %+v", got)
	}
	if got.Temp == nil || *got.Temp != 52.25 || got.Power.Source != "battery" || got.Power.Percent == nil || *got.Power.Percent != 77 {
		t.Errorf("temperature %v, power %+v", got.Temp, got.Power)
	}
	if got.Net.Link != "wifi" {
		t.Errorf("net %+v", got.Net)
	}
}

// TestBareDevice: what is not there is not known, and nothing fails.
func TestBareDevice(t *testing.T) {
	d := machine(t, map[string]string{"etc/hostname": "node-7\n"})
	got := d.Look()
	if got.ID != "node-7" || got.Temp != nil || got.Power != (hooks.Power{}) || got.Net != (hooks.Net{}) || got.ClockSynced != nil || got.MemFree != 0 {
		t.Errorf("device %+v", got)
	}
	if d.Route() != "" {
		t.Errorf("route %q", d.Route())
	}
}

func TestRoute(t *testing.T) {
	const eth = "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
	const v6 = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 1 0 00000003 ppp0\n"
	for name, tt := range map[string]struct {
		files map[string]string
		route string
		link  string
	}{
		"ethernet":  {map[string]string{"proc/net/route": eth, "sys/class/net/eth0/type": "1\n", "sys/class/net/eth0/carrier": "1\n"}, "eth0", "ethernet"},
		"unplugged": {map[string]string{"proc/net/route": eth, "sys/class/net/eth0/type": "1\n", "sys/class/net/eth0/carrier": "0\n"}, "", "ethernet"},
		"by IPv6":   {map[string]string{"proc/net/route": "Iface\n", "proc/net/ipv6_route": v6}, "ppp0", "cellular"},
		"a tunnel":  {map[string]string{"proc/net/route": eth, "sys/class/net/eth0/type": "65534\n"}, "eth0", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			d := machine(t, tt.files)
			if d.Route() != tt.route || d.Look().Net.Link != tt.link {
				t.Errorf("route %q, link %q; want %q, %q", d.Route(), d.Look().Net.Link, tt.route, tt.link)
			}
			if metered := d.Look().Net.Metered; (metered != nil) != (tt.link == "cellular") || metered != nil && !*metered {
				t.Errorf("metered %v on %s", metered, tt.link)
			}
		})
	}
}

// TestThisMachine reads the real files.
func TestThisMachine(t *testing.T) {
	got := New(func() string { return "/" }).Look()
	if got.DiskTotal == 0 || got.MemTotal == 0 || got.MemFree == 0 || got.Uptime == 0 || got.Arch == "" {
		t.Errorf("device %+v", got)
	}
}
