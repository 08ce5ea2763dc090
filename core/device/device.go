// Package device looks at the device for scripts: what is free, how it is powered
// and how it reaches the world. Everything is read from the kernel when it is asked
// for, and is nil where the kernel does not know.
package device

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"edged/hooks"
)

// Device reads the device.
type Device struct {
	root  string        // of the file system, for tests
	disk  func() string // folder in which images are kept
	stats func(path string, into *syscall.Statfs_t) error
	clock func() *bool // whether it is set by somebody
}

// New returns a Device; disk tells the folder in which the engine keeps images.
func New(disk func() string) *Device {
	return &Device{root: "/", disk: disk, stats: syscall.Statfs, clock: clockSynced}
}

// Look reads everything. It takes a few milliseconds at most.
func (d *Device) Look() hooks.Device {
	out := hooks.Device{
		ID: d.id(), Arch: runtime.GOARCH, OS: d.system(),
		Temp: d.temperature(), Power: d.power(), Net: d.network(), ClockSynced: d.clock(),
	}
	out.DiskFree, out.DiskTotal = d.space()
	out.MemFree, out.MemTotal = d.memory()
	out.Load1, out.Uptime = d.number("proc/loadavg"), d.number("proc/uptime")
	return out
}

func (d *Device) text(path string) string {
	text, err := os.ReadFile(filepath.Join(d.root, path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(string(text), "\x00"))
}

// number is the first number of a file; 0 if there is none.
func (d *Device) number(path string) float64 {
	first, _, _ := strings.Cut(d.text(path), " ")
	n, _ := strconv.ParseFloat(first, 64)
	return n
}

// id is stable over reboots: systemd's and dbus' machine id, else the board's serial
// number, else the host's name.
func (d *Device) id() string {
	for _, path := range []string{"etc/machine-id", "var/lib/dbus/machine-id", "proc/device-tree/serial-number", "etc/hostname"} {
		if id := d.text(path); id != "" && id != "uninitialized" {
			return id
		}
	}
	return ""
}

// system is NAME and VERSION_ID of os-release(5).
func (d *Device) system() string {
	var name, version string
	for line := range strings.Lines(d.text("etc/os-release")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.Trim(value, `"'`); key {
		case "ID":
			name = value
		case "VERSION_ID":
			version = value
		}
	}
	return strings.TrimSpace(name + " " + version)
}

// space is what edged may still write where images are kept, and what there is.
func (d *Device) space() (free, total int64) {
	var s syscall.Statfs_t
	for _, path := range []string{d.disk(), d.root} {
		if path != "" && d.stats(path, &s) == nil {
			return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize) //nolint:unconvert // the types differ between architectures
		}
	}
	return 0, 0
}

// memory is MemAvailable and MemTotal of proc(5).
func (d *Device) memory() (free, total int64) {
	for line := range strings.Lines(d.text("proc/meminfo")) {
		key, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		n, _ := strconv.ParseInt(fields[0], 10, 64)
		switch key {
		case "MemAvailable":
			free = n << 10
		case "MemTotal":
			total = n << 10
		}
	}
	return free, total
}

// temperature is that of the hottest sensor.
func (d *Device) temperature() *float64 {
	var hottest *float64
	for _, zone := range d.folders("sys/class/thermal/thermal_zone*") {
		milli, err := strconv.ParseFloat(d.text(zone+"/temp"), 64)
		if degrees := milli / 1000; err == nil && (hottest == nil || degrees > *hottest) {
			hottest = &degrees
		}
	}
	return hottest
}

// power is what the device runs on, of the kernel's power supply class.
func (d *Device) power() (p hooks.Power) {
	for _, supply := range d.folders("sys/class/power_supply/*") {
		online := d.text(supply + "/online")
		switch kind := d.text(supply + "/type"); {
		case kind == "Battery" && d.text(supply+"/scope") != "Device": // not that of a mouse
			if percent, err := strconv.ParseFloat(d.text(supply+"/capacity"), 64); err == nil {
				p.Percent = &percent
			}
			if p.Source == "" {
				p.Source = "battery"
			}
		case kind != "Battery" && online == "1":
			p.Source = "mains"
		}
	}
	return p
}

// folders are the names, below the root, that match a pattern.
func (d *Device) folders(pattern string) (out []string) {
	found, _ := filepath.Glob(filepath.Join(d.root, pattern)) // fails for a bad pattern only
	for _, path := range found {
		if rel, err := filepath.Rel(d.root, path); err == nil {
			out = append(out, rel)
		}
	}
	return out
}

func (d *Device) exists(path string) bool {
	_, err := os.Stat(filepath.Join(d.root, path))
	return err == nil
}
