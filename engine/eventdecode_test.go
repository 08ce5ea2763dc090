package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"testing"
	"time"
)

const (
	dockerDie = `{"status":"die","id":"c1","from":"img","Type":"container","Action":"die","Actor":{"ID":"c1","Attributes":` +
		`{"execDuration":"3","exitCode":"137","image":"img","name":"web","owner":"me"}},"scope":"local","time":17,"timeNano":17000000005}`
	dockerHealth = `{"Type":"container","Action":"health_status: unhealthy","Actor":{"ID":"c1","Attributes":{"image":"img","name":"web"}},"timeNano":18}`
	dockerRename = `{"Type":"container","Action":"rename","Actor":{"ID":"c1","Attributes":{"image":"img","name":"new","oldName":"/old"}},"timeNano":19}`
	dockerOOM    = `{"Type":"container","Action":"oom","Actor":{"ID":"c1","Attributes":{"image":"img","name":"web"}},"timeNano":20}`
	dockerPull   = `{"Type":"image","Action":"pull","Actor":{"ID":"busybox:latest","Attributes":{"name":"busybox"}},"timeNano":21}`
	dockerExec   = `{"Type":"container","Action":"exec_start: /bin/check","Actor":{"ID":"c1","Attributes":{}},"timeNano":22}`
	podmanDied   = `{"Type":"container","Action":"died","Actor":{"ID":"c1","Attributes":{"containerExitCode":"3","image":"img","name":"web","podId":"","owner":"me"}},"timeNano":23}`
	podmanHealth = `{"Type":"container","Action":"health_status","Actor":{"ID":"c1","Attributes":{"containerExitCode":"0","image":"img","name":"web"}},"timeNano":24,"HealthStatus":"healthy"}`
	podmanNewer  = `{"Type":"container","Action":"health_status","Actor":{"ID":"c1","Attributes":{"health_status":"healthy","image":"img","name":"web"}},"timeNano":24}`
	podmanRemove = `{"Type":"container","Action":"remove","Actor":{"ID":"c1","Attributes":{"image":"img","name":"web"}},"timeNano":25}`
	podmanUntag  = `{"Type":"image","Action":"remove","Actor":{"ID":"sha256:1","Attributes":{"name":"localhost/x"}},"timeNano":26}`
	podmanInit   = `{"Type":"container","Action":"init","Actor":{"ID":"c1","Attributes":{}},"timeNano":27}`
	podmanExec   = `{"Type":"container","Action":"exec_died","Actor":{"ID":"c1","Attributes":{}},"timeNano":28}`
	otherNetwork = `{"Type":"network","Action":"connect","Actor":{"ID":"n1","Attributes":{}},"timeNano":29}`
)

func TestDecodeEvent(t *testing.T) {
	me := map[string]string{"owner": "me"}
	tests := []struct {
		name, line string
		podman     bool
		want       Event // the zero Event: dropped
	}{
		{"die", dockerDie, false, Event{Action: ActionDie, ID: "c1", Name: "web", Image: "img", ExitCode: 137, Labels: me, Time: time.Unix(17, 5)}},
		{"health", dockerHealth, false, Event{Action: ActionHealth, ID: "c1", Name: "web", Image: "img", Health: "unhealthy", Time: time.Unix(0, 18)}},
		{"rename", dockerRename, false, Event{Action: ActionRename, ID: "c1", Name: "new", OldName: "old", Image: "img", Time: time.Unix(0, 19)}},
		{"oom", dockerOOM, false, Event{Action: ActionOOM, ID: "c1", Name: "web", Image: "img", Time: time.Unix(0, 20)}},
		{"pull", dockerPull, false, Event{Kind: KindImage, Action: ActionPull, ID: "busybox:latest", Name: "busybox", Time: time.Unix(0, 21)}},
		{"exec", dockerExec, false, Event{}},
		{"network", otherNetwork, false, Event{}},
		{"died", podmanDied, true, Event{Action: ActionDie, ID: "c1", Name: "web", Image: "img", ExitCode: 3, Labels: me, Time: time.Unix(0, 23)}},
		{"health in a field", podmanHealth, true, Event{Action: ActionHealth, ID: "c1", Name: "web", Image: "img", Health: "healthy", Time: time.Unix(0, 24)}},
		{"health in an attribute", podmanNewer, true, Event{Action: ActionHealth, ID: "c1", Name: "web", Image: "img", Health: "healthy", Time: time.Unix(0, 24)}},
		{"remove", podmanRemove, true, Event{Action: ActionDestroy, ID: "c1", Name: "web", Image: "img", Time: time.Unix(0, 25)}},
		{"remove image", podmanUntag, true, Event{Kind: KindImage, Action: ActionDelete, ID: "sha256:1", Name: "localhost/x", Time: time.Unix(0, 26)}},
		{"init", podmanInit, true, Event{}},
		{"exec of Podman", podmanExec, true, Event{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := decodeEvent([]byte(test.line), test.podman)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := Event{}, false
			if m != nil {
				got, ok = notice{message: m}.event()
			}
			want := test.want
			if want.ID != "" && want.Kind == "" {
				want.Kind = KindContainer
			}
			if ok != (want.ID != "") || !maps.Equal(got.Labels, want.Labels) || !got.Time.Equal(want.Time) {
				t.Errorf("got %+v, %t, want %+v", got, ok, want)
			}
			got.Labels, want.Labels, got.Time, want.Time = nil, nil, time.Time{}, time.Time{}
			if gotText, wantText := mustJSON(t, got), mustJSON(t, want); gotText != wantText {
				t.Errorf("got %s, want %s", gotText, wantText)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDecodeEventRefusesJunk(t *testing.T) {
	for _, line := range []string{"x", "[]", `{"Action":1}`, `{"Actor":{"Attributes":{"a":1}}}`, `{"timeNano":"x"}`} {
		if m, err := decodeEvent([]byte(line), false); err == nil {
			t.Errorf("%s: %+v", line, m)
		}
	}
}

func TestHealthMemory(t *testing.T) {
	h := healthMemory{}
	see := func(line string, want bool) {
		t.Helper()
		m, err := decodeEvent([]byte(line), true)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.isChange(m); got != want {
			t.Errorf("%s: change %t, want %t", m.Action, got, want)
		}
	}
	see(podmanHealth, true)
	see(podmanHealth, false)
	see(podmanUntag, true)
	see(podmanDied, true)
	see(podmanHealth, true)
	see(podmanRemove, true)
	if len(h) != 0 {
		t.Errorf("remembers %v", h)
	}
}

func FuzzEvents(f *testing.F) {
	for _, line := range []string{dockerDie, dockerHealth, dockerRename, dockerExec, podmanDied, podmanHealth, podmanNewer, podmanRemove, "{}", "null"} {
		f.Add([]byte(line+"\n"+dockerOOM+"\n"), false)
		f.Add([]byte(line+"\n"), true)
	}
	f.Fuzz(func(t *testing.T, stream []byte, podman bool) {
		s := &eventStream{podman: podman, health: healthMemory{}}
		s.past.begin(time.Unix(0, 0))
		err := s.read(bytes.NewReader(stream), func(n notice) {
			if e, ok := n.event(); ok && (e.Kind != KindContainer && e.Kind != KindImage) {
				t.Errorf("event %+v", e)
			}
		})
		if err == nil || errors.Is(err, io.EOF) && len(bytes.TrimSpace(stream)) > 0 && !bytes.HasSuffix(bytes.TrimRight(stream, " \t\r"), []byte("\n")) {
			t.Errorf("ended with %v", err)
		}
	})
}

// BenchmarkEvents10000 is the way of 10 000 events from bytes to typed events.
func BenchmarkEvents10000(b *testing.B) {
	stream := bytes.Repeat([]byte(dockerDie+"\n"+dockerHealth+"\n"), 5_000)
	for b.Loop() {
		s := &eventStream{health: healthMemory{}}
		s.past.begin(time.Unix(0, 0)) // before the events, so that all of them are new
		seen := 0
		err := s.read(bytes.NewReader(stream), func(n notice) {
			if _, ok := n.event(); ok {
				seen++
			}
		})
		if !errors.Is(err, io.EOF) || seen != 10_000 {
			b.Fatal(seen, err)
		}
	}
}
