package hooks

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Cron is a point in time that comes again and again, as cron(8) writes it.
type Cron struct {
	minute, hour, day, month, weekday uint64 // bits
	anyDay, anyWeekday                bool   // written as *
}

// ParseCron reads five fields: minute (0-59), hour (0-23), day of the month
// (1-31), month (1-12 or Jan-Dec) and day of the week (0-7 or Sun-Sat, 0 and 7
// being Sunday). A field is *, or a list of values and spans such as 1,10-12,
// each with a step such as */15. If both days are given, either will do.
func ParseCron(spec string) (Cron, error) {
	fields := strings.Fields(spec)
	if len(fields) != 5 {
		return Cron{}, fmt.Errorf("'%.64s' is no time of cron; write five fields like \"30 3 * * Mon-Fri\"", spec)
	}
	var c Cron
	for i, f := range []struct {
		name  string
		lo    int
		hi    int
		words string
		bits  *uint64
	}{
		{"minute", 0, 59, "", &c.minute},
		{"hour", 0, 23, "", &c.hour},
		{"day of the month", 1, 31, "", &c.day},
		{"month", 1, 12, "JanFebMarAprMayJunJulAugSepOctNovDec", &c.month},
		{"day of the week", 0, 7, "SunMonTueWedThuFriSat", &c.weekday},
	} {
		for item := range strings.SplitSeq(fields[i], ",") {
			bits, err := cronItem(item, f.lo, f.hi, f.words)
			if err != nil {
				return Cron{}, fmt.Errorf("'%.32s' is no %s of cron: %w", item, f.name, err)
			}
			*f.bits |= bits
		}
	}
	if c.weekday&(1<<7) != 0 {
		c.weekday |= 1
	}
	c.anyDay, c.anyWeekday = strings.HasPrefix(fields[2], "*"), strings.HasPrefix(fields[4], "*")
	return c, nil
}

// cronItem reads *, N, N-M, each with /STEP or without, as bits.
func cronItem(item string, lo, hi int, words string) (bits uint64, err error) {
	span, stepText, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
			return 0, errors.New("a step is a whole number above 0")
		}
	}
	from, to := lo, hi
	if span != "*" {
		first, last, isSpan := strings.Cut(span, "-")
		if from, err = cronValue(first, lo, words); err != nil {
			return 0, err
		}
		switch {
		case isSpan:
			if to, err = cronValue(last, lo, words); err != nil {
				return 0, err
			}
		case !stepped:
			to = from
		}
	}
	if from < lo || to > hi || from > to {
		return 0, fmt.Errorf("it goes from %d to %d", lo, hi)
	}
	for v := from; v <= to; v += step {
		bits |= 1 << v
	}
	return bits, nil
}

func cronValue(text string, lo int, words string) (int, error) {
	for i := 0; i+3 <= len(words); i += 3 {
		if strings.EqualFold(text, words[i:i+3]) {
			return lo + i/3, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || text[0] == '+' || text[0] == '-' {
		return 0, errors.New("it is neither a number nor a name")
	}
	return n, nil
}

// Matches reports whether the minute of t, in its own zone, is one of c's.
func (c Cron) Matches(t time.Time) bool {
	return c.minute&(1<<t.Minute()) != 0 && c.hour&(1<<t.Hour()) != 0 && c.matchesDay(t)
}

func (c Cron) matchesDay(t time.Time) bool {
	if c.month&(1<<t.Month()) == 0 {
		return false
	}
	day, weekday := c.day&(1<<t.Day()) != 0, c.weekday&(1<<t.Weekday()) != 0
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

// Next returns the first minute of c after t, in t's zone. A time of day that a
// change of the clock leaves out is passed over; one that comes twice counts
// twice. It is zero when there is none within five years, such as 30 February.
func (c Cron) Next(t time.Time) time.Time {
	last := t.AddDate(5, 0, 0)
	t = t.Truncate(time.Minute).Add(time.Minute)
	for t.Before(last) {
		switch {
		case !c.matchesDay(t):
			t = nextDay(t)
		case c.hour&(1<<t.Hour()) == 0:
			t = t.Add(time.Duration(60-t.Minute()) * time.Minute)
		case c.minute&(1<<t.Minute()) == 0:
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

// nextDay is the first minute of the day after t's.
func nextDay(t time.Time) time.Time {
	next := time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
	if !next.After(t) { // midnight was left out, and its stand-in is before t
		next = t.Add(time.Hour)
	}
	return next
}
