package lua

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"edged/hooks"
)

// curious reads everything that differs from device to device.
const curious = `edged.needs { "mqtt.publish:a/#", "file.read:/run/**" }
edged.before("pull", { stage = "mutate" }, function(ev) edged.kv.incr("seen") end)
edged.before("pull", function(ev)
  local sent = pcall(edged.mqtt.publish, "a/1", 1)
  local again = pcall(edged.mqtt.publish, "a/2", 2)
  return edged.deny(edged.json.encode({
    now = edged.time.now(), day = edged.time.weekday(), rome = edged.time.format(nil, "Europe/Rome"), summer = edged.time.format(1783423800, "Europe/Rome"),
    disk = edged.device.disk_free, device = ev.device.id, first = edged.containers.list()[1].name, share = edged.rollout(50, "x"),
    kv = edged.kv.get("given"), none = edged.kv.get("none", 0), keys = edged.kv.list(), n = edged.kv.incr("n"),
    lock = edged.file.read("/run/lock"), missing = { edged.file.read("/run/none") } , is = edged.file.exists("/run/lock"), logs = edged.file.glob("/run/*.log"),
    sent = sent, again = again,
  }))
end)`

func recordOf(t *testing.T, s *Set, ev hooks.Event) hooks.Record {
	t.Helper()
	answers, reads := s.Ask(context.Background(), ev)
	d := hooks.Merge(ev, answers, hooks.VerdictAllow)
	d.Reads = reads
	text, err := json.Marshal(hooks.Record{Event: ev, Decision: d, Fallback: hooks.VerdictAllow, Revision: s.Revision(), Scripts: s.Sums()})
	if err != nil {
		t.Fatal(err)
	}
	var rec hooks.Record
	if err := json.Unmarshal(text, &rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func everything(o *Options) {
	granted(hooks.Grants{Topics: []string{"#"}, Paths: []string{"/**"}, Actions: []string{"*"}})(o)
}

func TestReplayElsewhere(t *testing.T) {
	kv := hooks.NewMemoryKV()
	tx, err := kv.Begin(t.Context(), "10-test.lua")
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(map[string]*hooks.KVEntry{"given": {Value: `{"a":1}`}, "n": {Value: "41"}, "old": {Value: "1", Expires: time.Unix(1, 0)}}); err != nil {
		t.Fatal(err)
	}
	tx.Close()
	here := one(t, curious, everything, withKV(kv), at(time.Date(2026, 1, 7, 12, 0, 0, 5e6, time.UTC)), func(o *Options) {
		o.Look = hooks.Sources{Device: knownDevice, Containers: func() []hooks.Container { return []hooks.Container{{Name: "db"}, {Name: "web"}} }}
		o.Files = fstest.MapFS{"run/lock": {Data: []byte("busy")}, "run/a.log": {}}
		o.Publish = func(_, topic string, _ []byte) error {
			if topic == "a/2" {
				return errors.New("no")
			}
			return nil
		}
	})
	rec := recordOf(t, here, pullEvent("nginx"))
	if len(rec.Decision.Answers) != 2 || rec.Decision.Verdict != hooks.VerdictDeny || !strings.Contains(rec.Decision.Reason, `"again":false`) {
		t.Fatalf("decision %+v", rec.Decision)
	}
	elsewhere := one(t, curious, everything) // another device: no files, no values, another time, no MQTT
	for range 2 {
		got, err := elsewhere.Replay(context.Background(), rec)
		if err != nil {
			t.Fatal(err)
		}
		if want := timeless(rec.Decision); !reflect.DeepEqual(timeless(got), want) {
			t.Fatalf("replayed\n%+v, want\n%+v", timeless(got), want)
		}
	}
}

// timeless leaves out what no replay can give.
func timeless(d hooks.Decision) hooks.Decision {
	d.Reads = nil
	d.Answers = append([]hooks.Answer(nil), d.Answers...)
	for i := range d.Answers {
		d.Answers[i].Took = 0
	}
	return d
}

func TestReplayOfLongFiles(t *testing.T) {
	const source = `edged.needs { "file.read:/run/*" } edged.before("pull", function(ev) local text, err = edged.file.read("/run/long") return edged.deny(err or #text) end)`
	long := func(text string) func(o *Options) {
		return func(o *Options) { o.Files = fstest.MapFS{"run/long": {Data: []byte(strings.Repeat(text, 5000))}} }
	}
	rec := recordOf(t, one(t, source, everything, long("x")), pullEvent("a"))
	if f := rec.Decision.Reads.Files; len(f) != 1 || f[0].Text != nil || f[0].Size != 5000 || f[0].SHA256 == "" {
		t.Errorf("files = %+v", f)
	}
	for text, want := range map[string]string{"x": "5000", "y": "/run/long: only the hash of its 5000 bytes is in the record"} {
		got, err := one(t, source, everything, long(text)).Replay(context.Background(), rec)
		if err != nil || got.Reason != want {
			t.Errorf("%s: %q, %v; want %q", text, got.Reason, err, want)
		}
	}
}

func TestReplayHeedsModesAndAside(t *testing.T) {
	files := map[string]string{"1.lua": pull(`return edged.deny("1")`), "2.lua": pull(`return edged.deny("2")`), "3.lua": pull(`return edged.deny("3")`)}
	rec := recordOf(t, load(t, files, func(o *Options) {
		o.Modes = map[string]hooks.Mode{"2.lua": hooks.Audit}
		o.Aside = func(sc hooks.Script) bool { return sc.File == "1.lua" }
	}), pullEvent("a"))
	got, err := load(t, files).Replay(context.Background(), rec)
	if err != nil || !reflect.DeepEqual(timeless(got), timeless(rec.Decision)) || got.Reason != "3" {
		t.Errorf("replayed %+v, %v", got, err)
	}
	if _, err := load(t, files).Replay(context.Background(), hooks.Record{}); err == nil {
		t.Error("a record without reads was replayed")
	}
}
