package hooks

import (
	"strings"
	"testing"
	"time"
)

func mustCron(t *testing.T, spec string) Cron {
	t.Helper()
	c, err := ParseCron(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCronNext(t *testing.T) {
	const layout = "2006-01-02 15:04"
	tests := []struct{ spec, after, want string }{
		{"* * * * *", "2026-01-07 12:00", "2026-01-07 12:01"},
		{"*/15 * * * *", "2026-01-07 12:46", "2026-01-07 13:00"},
		{"30 3 * * *", "2026-01-07 03:30", "2026-01-08 03:30"},
		{"30 3 * * Mon-Fri", "2026-01-09 04:00", "2026-01-12 03:30"},
		{"0 0 1 * *", "2026-01-07 12:00", "2026-02-01 00:00"},
		{"0 0 29 Feb *", "2026-01-07 12:00", "2028-02-29 00:00"},
		{"0 0 13 * 5", "2026-01-07 12:00", "2026-01-09 00:00"}, // Friday or the 13th
		{"0 0 * * 7", "2026-01-07 12:00", "2026-01-11 00:00"},
		{"5,10-12 8 * jan,Dec *", "2026-01-31 08:11", "2026-01-31 08:12"},
		{"59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"},
	}
	for _, tt := range tests {
		after, err := time.ParseInLocation(layout, tt.after, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		c := mustCron(t, tt.spec)
		got := c.Next(after.Add(30 * time.Second))
		if got.Format(layout) != tt.want || !c.Matches(got) {
			t.Errorf("%s after %s = %s, want %s", tt.spec, tt.after, got.Format(layout), tt.want)
		}
	}
	if got := mustCron(t, "0 0 30 2 *").Next(time.Now()); !got.IsZero() {
		t.Errorf("30 February is %s", got)
	}
}

// A clock that is put forward or back must neither lose a day nor go round in
// circles.
func TestCronAcrossClockChanges(t *testing.T) {
	zone, err := time.LoadLocation("America/Sao_Paulo") // 2018-11-04 began at 01:00
	if err != nil {
		t.Skip("no time zones here")
	}
	at := time.Date(2018, 11, 3, 12, 0, 0, 0, zone)
	var got []string
	for range 3 {
		at = mustCron(t, "30 */12 * * *").Next(at)
		got = append(got, at.Format("02 15:04"))
	}
	if want := "03 12:30, 04 12:30, 05 00:30"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestCronErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"* * * *": "five fields", "60 * * * *": "minute of cron: it goes from 0 to 59", "* 24 * * *": "hour",
		"* * 0 * *": "day of the month", "* * * 13 *": "month", "* * * * 8": "day of the week",
		"*/0 * * * *": "a step", "5-1 * * * *": "goes from", "x * * * *": "neither", ", * * * *": "neither", "-1 * * * *": "neither",
	} {
		if _, err := ParseCron(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseCron(%q): %v, want %q", spec, err, want)
		}
	}
}

func FuzzParseCron(f *testing.F) {
	f.Add("*/15 0-5,23 1 Jan Mon-Fri")
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := ParseCron(spec)
		if err != nil {
			return
		}
		if next := c.Next(time.Unix(1700000000, 0).UTC()); !next.IsZero() && !c.Matches(next) {
			t.Errorf("%q: %s is none of its times", spec, next)
		}
	})
}

func TestTimer(t *testing.T) {
	at := time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC)
	every := Timer{Script: "a.lua", Index: 2, Every: time.Minute}
	if got := every.Next(at); !got.Equal(at.Add(time.Minute)) {
		t.Errorf("next = %s", got)
	}
	cron := Timer{Script: "a.lua", Index: 1, Cron: "0 13 * * *", Zone: "UTC"}
	if got := cron.Next(at); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("next = %s", got)
	}
	if got := (Timer{Cron: "bad"}).Next(at); !got.IsZero() {
		t.Errorf("next of a bad one = %s", got)
	}
	if ev := every.Event(at); ev.Timer != "a.lua#2" || ev.Op != "timer" || ev.Phase != On || ev.Trigger != TriggerTimer {
		t.Errorf("event = %+v", ev)
	}
}
