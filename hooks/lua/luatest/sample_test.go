package luatest

import (
	"encoding/json"
	"reflect"
	"testing"

	"edged/hooks"
)

// TestSamplesSurviveJSON writes and reads each sample.
func TestSamplesSurviveJSON(t *testing.T) {
	occasions := []string{"on mqtt:a/b"}
	for _, op := range opNames() {
		occasions = append(occasions, "before "+op, "after "+op)
	}
	for _, n := range noticeNames() {
		occasions = append(occasions, "on "+n)
	}
	for _, text := range occasions {
		phase, name, err := Occasion(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		ev := Sample(phase, name)
		data, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadEvent(data)
		if err != nil || !reflect.DeepEqual(again, ev) {
			t.Errorf("%s: %v\n%+v\n%+v", text, err, again, ev)
		}
		if again.ID == "" || again.Device == nil || string(again.Phase) == "" || again.Op != name {
			t.Errorf("%s lacks something: %s", text, data)
		}
	}
}

func TestOccasion(t *testing.T) {
	for text, want := range map[string][2]string{
		"pull": {"before", "pull"}, "clone": {"before", "update"}, "health": {"on", "health"},
		"before health": {"before", "recover"}, "after clone": {"after", "update"}, "mqtt:a/+": {"on", "mqtt:a/+"},
	} {
		phase, name, err := Occasion(text)
		if err != nil || string(phase) != want[0] || name != want[1] {
			t.Errorf("%s: %s %s, %v", text, phase, name, err)
		}
	}
	for _, text := range []string{"", "a b c", "on pull", "pul", "during pull"} {
		if phase, name, err := Occasion(text); err == nil {
			t.Errorf("%q is %s %s", text, phase, name)
		}
	}
}

func TestWith(t *testing.T) {
	ev, err := With(Sample(hooks.Before, "update"), map[string]any{
		"image": "a/b:1", "current": "c@sha256:" + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"container": map[string]any{"labels": map[string]any{"x": "y"}, "started_at": 1767787200.5},
		"ts":        1767787200.0, "device": map[string]any{"power": map[string]any{"percent": 20.0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if ev.Image.Repository != "a/b" || ev.Current.Digest == "" || ev.Container.Name != "web" || ev.Container.Labels["x"] != "y" ||
		ev.Container.Started.UnixMilli() != 1767787200500 || !ev.Time.Equal(SampleTime()) || *ev.Device.Power.Percent != 20 || ev.Device.Power.Source != "mains" {
		t.Errorf("got %+v", ev)
	}
}

// FuzzReadRecord reads anything at all.
func FuzzReadRecord(f *testing.F) {
	f.Add([]byte(`{"event":{"op":"pull","phase":"before"},"decision":{"verdict":"deny","reads":{"time":"2026-01-07T12:00:00Z"}},"sources":[{"name":"a.lua","text":"edged.api(1)"}]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if rec, err := ReadRecord(data); err == nil {
			_ = Describe(rec.Event, rec.Decision)
		}
	})
}
