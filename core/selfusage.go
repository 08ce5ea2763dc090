package core

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"edged/core/report"
)

// usageOfSelf is what edged used up to a moment.
type usageOfSelf struct {
	cpu time.Duration
	at  time.Time
}

// read is what edged uses; its load is the mean since the reading before. Resident
// memory is the second number of /proc/self/statm, in pages, see proc(5).
func (u *usageOfSelf) read(m machine) (report.Usage, bool) {
	var r unix.Rusage
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm)
	if err != nil || len(fields) < 2 || unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return report.Usage{}, false
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return report.Usage{}, false
	}
	now, before := time.Now(), *u
	u.cpu, u.at = time.Duration(r.Utime.Nano()+r.Stime.Nano()), now
	used := report.Usage{Memory: float64(pages) * float64(os.Getpagesize()) / m.memory * 100}
	if !before.at.IsZero() {
		used.CPU = float64(u.cpu-before.cpu) / float64(now.Sub(before.at)) / m.cpus * 100
	}
	return used, true
}
