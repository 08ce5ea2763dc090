package lua

import (
	"math"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

// a device that knows everything about itself.
func knownDevice() hooks.Device {
	temp, percent, yes := 41.5, 80.0, true
	return hooks.Device{
		ID: "dev-1", Arch: "arm64", OS: "debian 13", DiskFree: 3e9, DiskTotal: 8e9, MemFree: 1e8, MemTotal: 5e8, Load1: 0.5, Uptime: 60,
		Temp: &temp, Power: hooks.Power{Source: "battery", Percent: &percent}, Net: hooks.Net{Online: true, Link: "cellular", Metered: &yes}, ClockSynced: &yes,
	}
}

func TestDevice(t *testing.T) {
	looked := 0
	device := func(o *Options) {
		o.Look.Device = func() hooks.Device { looked++; return knownDevice() }
		o.Look.Containers = func() []hooks.Container { return []hooks.Container{{Name: "db", State: "exited"}, {Name: "web"}} }
	}
	for expr, want := range map[string]string{
		`edged.device.disk_free`:                                      "3000000000",
		`ev.device.disk_free == edged.device.disk_free`:               "true",
		`edged.device.power.percent .. edged.device.power.source`:     "80battery",
		`edged.device.net.link .. tostring(edged.device.net.metered)`: "cellulartrue",
		`edged.device.temp`:                                           "41.5",
		`edged.time.synced()`:                                         "true",
		`edged.device.disk_fre`:                                       "unknown field of edged.device 'disk_fre'; did you mean 'disk_free'?",
		`pcall(function() edged.device.id = "x" end)`:                 "false",
		`pcall(rawset, edged.device, "id", "x")`:                      "false",
		`next(edged.device)`:                                          "nil",
		`#edged.device`:                                               "0",
		`getmetatable(edged.device)`:                                  "false",
		`edged.containers.list()[1].name`:                             "db",
		`#edged.containers.list()`:                                    "2",
		`edged.containers.get("db").state`:                            "exited",
		`edged.containers.get("none")`:                                "nil",
		`edged.rollout(100, "x")`:                                     "true",
		`edged.rollout(0, "x")`:                                       "false",
		`edged.rollout(101, "x")`:                                     "a percentage from 0 to 100 expected",
	} {
		looked = 0
		if got := evaluate(t, expr, device); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s", expr, got, want)
		}
		if looked != 1 {
			t.Errorf("%s: looked at the device %d times", expr, looked)
		}
	}
	for expr, want := range map[string]string{
		`edged.device.temp`: "nil", `edged.time.synced()`: "nil", `#edged.containers.list()`: "0", `edged.device.power.source`: "nil",
		`edged.rollout(10, "x")`: "the device has no id",
	} {
		if got := evaluate(t, expr); !strings.Contains(got, want) {
			t.Errorf("where nothing is known: %s = %s, want %s", expr, got, want)
		}
	}
	ev := pullEvent("a")
	ev.Device = &hooks.Device{ID: "of the event"}
	if got := answer(t, one(t, pull(`return edged.deny(ev.device.id .. edged.device.id)`), device), ev); got.Reason != "of the eventof the event" {
		t.Errorf("got %+v", got)
	}
}

// The share of devices must be near the percentage, for each key another share,
// and only grow.
func TestRolloutIsEven(t *testing.T) {
	const devices = 4000
	for _, key := range []string{"web:2", "web:3"} {
		in := 0
		for i := range devices {
			if place("device"+strings.Repeat("x", i%7)+time.Unix(int64(i), 0).String(), key) < 10 {
				in++
			}
		}
		if share := float64(in) / devices * 100; math.Abs(share-10) > 2 {
			t.Errorf("%s: %.1f %% of the devices are among the first 10 %%", key, share)
		}
	}
	if place("a", "x") == place("a", "y") || place("a", "x") == place("b", "x") || place("a", "x") != place("a", "x") {
		t.Error("a place depends on device and key")
	}
}

func TestTime(t *testing.T) {
	noon := at(time.Date(2026, 1, 7, 12, 0, 30, 0, time.UTC))
	for expr, want := range map[string]string{
		`edged.time.cron("0 12 * * *", "UTC")`:                        "true",
		`edged.time.cron("1 12 * * *", "UTC")`:                        "false",
		`edged.time.cron("0 13 * * Wed", "Europe/Rome")`:              "true",
		`edged.time.cron("x", "UTC")`:                                 "five fields",
		`edged.time.parse("2026-01-07T13:00:00+01:00")`:               "1767787200",
		`select(2, edged.time.parse("yesterday"))`:                    "'yesterday' is no time; write it like 2026-01-07T12:00:00Z",
		`edged.time.format(0)`:                                        "1970-01-01T00:00:00Z",
		`edged.time.format()`:                                         "2026-01-07T12:00:30Z",
		`edged.time.format(nil, "Europe/Rome")`:                       "2026-01-07T13:00:30+01:00",
		`edged.time.format(1783423800, "Europe/Rome")`:                "2026-07-07T13:30:00+02:00", // another offset than now
		`edged.time.format(-1)`:                                       "no time of the years 1970 to 9999",
		`edged.time.format(0/0)`:                                      "no time of the years 1970 to 9999",
		`edged.time.format(edged.time.parse("2026-01-07T12:00:00Z"))`: "2026-01-07T12:00:00Z",
	} {
		if got := evaluate(t, expr, noon); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s", expr, got, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	type told struct {
		script, name string
		value        float64
		count        bool
	}
	var all []told
	metric := func(o *Options) {
		o.Metric = func(script, name string, value float64, count bool) {
			all = append(all, told{script, name, value, count})
		}
	}
	answer(t, one(t, pull(`edged.metrics.count("a") edged.metrics.count("a", 2) edged.metrics.set("b", 1.5)`), metric), pullEvent("a"))
	if len(all) != 3 || all[1] != (told{"10-test.lua", "a", 2, true}) || all[2] != (told{"10-test.lua", "b", 1.5, false}) {
		t.Errorf("told %+v", all)
	}
	all = nil
	answer(t, one(t, pull(`for i = 1, 1000 do edged.metrics.count("a") end`), metric), pullEvent("a"))
	if len(all) != maxMetrics {
		t.Errorf("%d were told, want %d", len(all), maxMetrics)
	}
	for expr, want := range map[string]string{
		`edged.metrics.count("a b")`: "a name of a metric", `edged.metrics.set("a", 0/0)`: "is no value", `edged.metrics.count("")`: "a name of a metric",
	} {
		if got := evaluate(t, expr, metric); !strings.Contains(got, want) {
			t.Errorf("%s: %s", expr, got)
		}
	}
}
