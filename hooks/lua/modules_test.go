package lua

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/hooks"
)

// evaluate returns what a Lua expression is, as text.
func evaluate(t *testing.T, expr string, change ...func(*Options)) string {
	t.Helper()
	got := answer(t, one(t, `edged.before("pull", function(ev) return edged.deny(tostring((`+expr+`))) end)`, change...), pullEvent("nginx"))
	return got.Reason
}

func TestModules(t *testing.T) {
	const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	tests := []struct{ expr, want string }{
		{`edged.json.encode({})`, `{}`},
		{`edged.json.encode(edged.json.array({}))`, `[]`},
		{`edged.json.encode({ 1, 2.5, "a\n<" })`, `[1,2.5,"a\n\u003c"]`},
		{`edged.json.encode({ b = true, a = edged.json.null, c = { x = { 1 } } })`, `{"a":null,"b":true,"c":{"x":[1]}}`},
		{`edged.json.encode(edged.json.decode('{"a":[],"b":{},"c":null,"d":[1,{"e":"f"}]}'))`, `{"a":[],"b":{},"c":null,"d":[1,{"e":"f"}]}`},
		{`edged.json.decode("null") == edged.json.null`, `true`},
		{`select("#", edged.json.decode("{"))`, `2`},
		{`edged.json.encode(1e300)`, `1e+300`},
		{`edged.json.encode(0 / 0)`, `10-test.lua:1: json: can't write ` + evaluate(t, `0 / 0`)}, // its sign is the processor's
		{`edged.json.encode({ 1, a = 2 })`, `10-test.lua:1: json: a table is an array or has named fields, not both; this one has the key a`},
		{`edged.json.encode(print)`, `null`}, // print is nil
		{`edged.json.encode(edged.deny)`, `10-test.lua:1: json: can't write a function`},
		{`(function() local t = {} t.t = t return edged.json.encode(t) end)()`, `10-test.lua:1: json: more than 32 tables within tables, or one within itself`},
		{`edged.semver.compare("1.2.3", "v1.2.3")`, `0`},
		{`edged.semver.compare("1.2.3-rc.1", "1.2.3")`, `-1`},
		{`edged.semver.compare("1.10", "1.9.9")`, `1`},
		{`edged.semver.valid("1.2.x")`, `false`},
		{`edged.image.parse("localhost:5000/a/b:v2").repository`, `a/b`},
		{`select("#", edged.image.parse("A B"))`, `2`},
		{`edged.image.same("nginx", "docker.io/library/nginx:latest")`, `true`},
		{`edged.image.same("nginx:1", "nginx:2")`, `false`},
		{`edged.image.is_pinned("nginx@` + digest + `")`, `true`},
		{`edged.image.is_pinned("nginx:1")`, `false`},
		{`edged.time.now()`, `1767787200.5`},
		{`edged.time.weekday("UTC")`, `Wed`},
		{`edged.time.window("11:00-12:30", "UTC")`, `true`},
		{`edged.time.window("12:00-12:30", "Nowhere/Land")`, `10-test.lua:1: bad argument #2 (unknown time zone 'Nowhere/Land')`},
	}
	clock := func(o *Options) { o.Clock = func() time.Time { return time.UnixMilli(1767787200500) } } // 2026-01-07 12:00 UTC
	for _, tt := range tests {
		if got := evaluate(t, tt.expr, clock); got != tt.want {
			t.Errorf("%s = %s, want %s", tt.expr, got, tt.want)
		}
	}
}

func TestSatisfies(t *testing.T) {
	tests := []struct {
		version, spec string
		want          bool
	}{
		{"1.5.0", ">=1.2 <2", true}, {"2.0.0", ">=1.2 <2", false},
		{"1.9.9", "^1.2", true}, {"1.1.0", "^1.2", false}, {"2.0.0", "^1.2", false},
		{"0.2.5", "^0.2.3", true}, {"0.3.0", "^0.2.3", false},
		{"1.2.9", "~1.2.3", true}, {"1.3.0", "~1.2.3", false}, {"1.3.0", "~1", true},
		{"1.7.0", "1.x", true}, {"2.0.0", "1.x", false}, {"1.2.3", "=1.2.3", true},
		{"3.0.0", "^1 || ^3", true}, {"2.0.0", "^1 || ^3", false}, {"9.9.9", "*", true},
	}
	for _, tt := range tests {
		v, err := parseVersion(tt.version)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := satisfies(v, tt.spec); got != tt.want || err != nil {
			t.Errorf("%s in %q = %v, %v; want %v", tt.version, tt.spec, got, err, tt.want)
		}
	}
	v, _ := parseVersion("1.0.0")
	for _, bad := range []string{"", "|| 1", ">>1", "1.2.3.4", "^"} {
		if _, err := satisfies(v, bad); err == nil {
			t.Errorf("range %q was taken", bad)
		}
	}
}

func TestWindow(t *testing.T) {
	tests := []struct {
		spec, at string // day of January 2026 and time; the 7th is a Wednesday
		want     bool
	}{
		{"22:00-05:00", "07 22:00", true}, {"22:00-05:00", "07 04:59", true},
		{"22:00-05:00", "07 05:00", false}, {"22:00-05:00", "07 12:00", false},
		{"08:00-12:00", "07 08:00", true}, {"08:00-12:00", "07 12:00", false},
		{"Wed 22:00-05:00", "08 03:00", true}, {"Wed 22:00-05:00", "07 03:00", false},
		{"Sat,Sun 00:00-24:00", "10 23:59", true}, {"Sat,Sun 00:00-24:00", "07 10:00", false},
		{"fri-mon 10:00-11:00", "12 10:30", true}, {"fri-mon 10:00-11:00", "13 10:30", false},
	}
	for _, tt := range tests {
		w, err := parseWindow(tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse("2006-01-02 15:04", "2026-01-"+tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.contains(at); got != tt.want {
			t.Errorf("%s at %s = %v", tt.spec, tt.at, got)
		}
	}
	for _, bad := range []string{"", "22:00", "22:00-22:00", "22-23", "Xyz 10:00-11:00", "10:00-25:00", "Mon 10:00-11:00 UTC", "Mon- 1:00-2:00"} {
		if _, err := parseWindow(bad); err == nil {
			t.Errorf("window %q was taken", bad)
		}
	}
}

func TestPublish(t *testing.T) {
	type message struct{ script, topic, payload string }
	var sent []message
	publish := func(o *Options) {
		o.Grants = map[string]hooks.Grants{hooks.EveryScript: {Topics: []string{"#"}}}
		o.Publish = func(script, topic string, payload []byte) error {
			if topic == "refused" {
				return errors.New("no")
			}
			sent = append(sent, message{script, topic, string(payload)})
			return nil
		}
	}
	s := one(t, `edged.needs { "mqtt.publish:alerts/#", "mqtt.publish:plain", "mqtt.publish:refused" }
		edged.before("pull", function(ev)
		edged.mqtt.publish("alerts/pull", { id = ev.id })
		edged.mqtt.publish("plain", "text")
		local ok, err = pcall(edged.mqtt.publish, "refused", "x")
		return edged.deny(err)
	end)`, publish)
	got := answer(t, s, pullEvent("a"))
	want := []message{{"10-test.lua", "alerts/pull", `{"id":"e1"}`}, {"10-test.lua", "plain", "text"}}
	if !reflect.DeepEqual(sent, want) || !strings.Contains(got.Reason, "edged.mqtt.publish: no") {
		t.Errorf("sent %v, answer %+v", sent, got)
	}
	sent = nil
	flood := one(t, `edged.needs { "mqtt.publish:a" } edged.before("pull", function(ev) for i = 1, 30 do edged.mqtt.publish("a", i) end end)`, publish)
	got = answer(t, flood, pullEvent("a"))
	if len(sent) != maxMessages || got.Verdict != hooks.VerdictError || !strings.Contains(got.Reason, "more than 20 messages a minute") {
		t.Errorf("flood: %d messages, %+v", len(sent), got)
	}
	for _, topic := range []string{`""`, `"a/+"`, `"#"`, `("x"):rep(300)`} {
		if got := evaluate(t, `edged.mqtt.publish(`+topic+`, 1)`, publish); !strings.Contains(got, "is no topic to publish on") {
			t.Errorf("topic %s: %s", topic, got)
		}
	}
}

func TestLogIsLimited(t *testing.T) {
	var out strings.Builder
	s := one(t, `edged.before("pull", function(ev) edged.log("warn", "first") for i = 1, 100 do edged.log(("x"):rep(5000)) end end)`,
		func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&out, nil)) })
	answer(t, s, pullEvent("a"))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != maxLines || len(out.String()) > maxLines*(maxLineText+200) {
		t.Fatalf("%d lines, %d bytes", len(lines), len(out.String()))
	}
	if !strings.Contains(lines[0], "level=WARN msg=first script=10-test.lua event=e1") || !strings.Contains(lines[9], "no more lines") {
		t.Errorf("first %q, last %q", lines[0], lines[9])
	}
}

func TestEventFields(t *testing.T) {
	ev := healthEvent("unhealthy", 2)
	ev.Container.Started = time.UnixMilli(1500)
	tests := []struct{ expr, want string }{
		{"ev.id", "n1"}, {"ev.phase", "on"}, {"ev.op", "health"}, {"ev.ts", "1700000000"}, {"ev.attempt", "0"},
		{"ev.from", "healthy"}, {"ev.to", "unhealthy"}, {"ev.failing_streak", "2"}, {"ev.exit_code", "nil"},
		{"ev.ok", "nil"}, {"ev.image", "nil"}, {"ev.dry_run", "false"}, {"ev.deferred_for", "0"},
		{"ev.container.name", "web"}, {"ev.container.labels.a", "b"}, {"ev.container.started_at", "1.5"},
		{"ev.container.group", "nil"}, {"ev.container.oom", "false"}, {"ev.container.health", "unhealthy"},
	}
	for _, tt := range tests {
		got := answer(t, one(t, `edged.on("health", function(ev) return edged.alarm { type = "t", text = "=" .. tostring(`+tt.expr+`) } end)`), ev)
		if got.Reason != "="+tt.want {
			t.Errorf("%s = %s, want %s", tt.expr, got.Reason, tt.want)
		}
	}
}

func TestOutcomeFields(t *testing.T) {
	ev := hooks.Event{Phase: hooks.After, Op: "update", OK: true, Result: &hooks.Result{Outcome: "committed", DurationMS: 1200, OutageMS: 34}, Changes: []string{"image"}, Strategy: "replace"}
	got := answer(t, one(t, `edged.after("update", function(ev)
		return edged.alarm { type = "t", text = table.concat({ tostring(ev.ok), ev.result.outcome, ev.result.duration_ms, ev.result.outage_ms, ev.changes[1], ev.strategy, tostring(ev.error) }, " ") }
	end)`), ev)
	if got.Reason != "true committed 1200 34 image replace nil" {
		t.Errorf("got %+v", got)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"pull", "create", "update", "rollback", "start", "stop", "restart"}
	for name, want := range map[string]string{"pul": "pull", "udpate": "update", "Stop": "stop", "rolback": "rollback", "xyzzy": "", "s": ""} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestDocumented sees to it that every name has a signature and a sentence, and
// that no name is registered twice.
func TestDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range API() {
		if seen[e.Name] || e.Signature() == "" || !strings.HasSuffix(e.Doc, ".") || (e.fn == nil) == (e.value == nil) || e.Since < 1 {
			t.Errorf("entry %+v", e)
		}
		seen[e.Name] = true
	}
}

func TestJSONOfManyValues(t *testing.T) {
	for text, want := range map[string]int{`1`: 1, `[]`: 2, `[1,2]`: 3, `{"a":"x,[\",{","b":[{}]}`: 5} {
		if got := jsonValues(text); got != want {
			t.Errorf("%s has %d values, want %d", text, got, want)
		}
	}
}
