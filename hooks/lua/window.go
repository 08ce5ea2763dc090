package lua

import (
	"fmt"
	"strings"
	"time"
)

// A window is a span of the day, on some days of the week. It may reach past
// midnight.
type window struct {
	days     [7]bool // on which it begins, by time.Weekday
	from, to int     // minutes since midnight; to may be 24:00
}

// parseWindow reads "[days ]HH:MM-HH:MM", days being a list of names and spans
// such as Mon-Fri,Sun.
func parseWindow(spec string) (window, error) {
	w := window{days: [7]bool{true, true, true, true, true, true, true}}
	fields := strings.Fields(spec)
	if len(fields) == 2 {
		if err := w.parseDays(fields[0]); err != nil {
			return w, err
		}
		fields = fields[1:]
	}
	if len(fields) != 1 {
		return w, fmt.Errorf("'%.64s' is no window; write it like \"22:00-05:00\" or \"Mon-Fri 22:00-05:00\"", spec)
	}
	from, to, ok := strings.Cut(fields[0], "-")
	var err1, err2 error
	w.from, err1 = parseClock(from)
	w.to, err2 = parseClock(to)
	if !ok || err1 != nil || err2 != nil || w.from == w.to {
		return w, fmt.Errorf("'%.64s' is no span of the day; write it like \"22:00-05:00\"", fields[0])
	}
	return w, nil
}

func (w *window) parseDays(list string) error {
	w.days = [7]bool{}
	for item := range strings.SplitSeq(list, ",") {
		first, last, span := strings.Cut(item, "-")
		if !span {
			last = first
		}
		from, ok1 := weekday(first)
		to, ok2 := weekday(last)
		if !ok1 || !ok2 {
			return fmt.Errorf("'%.64s' is no day; days are Mon Tue Wed Thu Fri Sat Sun", item)
		}
		for d := from; ; d = (d + 1) % 7 {
			w.days[d] = true
			if d == to {
				break
			}
		}
	}
	return nil
}

func weekday(name string) (int, bool) {
	for d := range 7 {
		if strings.EqualFold(name, time.Weekday(d).String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

// parseClock reads HH:MM from 00:00 to 24:00 as minutes.
func parseClock(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("bad time of day: %w", err)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// contains reports whether at, in its own zone, is within the window: from its
// first minute to the one before its last.
func (w window) contains(at time.Time) bool {
	minute, day := at.Hour()*60+at.Minute(), int(at.Weekday())
	if w.from < w.to {
		return w.days[day] && minute >= w.from && minute < w.to
	}
	return w.days[day] && minute >= w.from || w.days[(day+6)%7] && minute < w.to
}
