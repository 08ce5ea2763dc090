package mqtt

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/hooks"
)

var noon = time.Date(2026, 8, 1, 12, 0, 0, 5_000_000, time.UTC)

const (
	web = "te/device/main/service/web"
	own = "te/device/main/service/edged"
)

func TestEncode(t *testing.T) {
	tests := []struct {
		name     string
		delivery report.Delivery
		topic    string
		payload  string // JSON; empty: cleared
		volatile bool
	}{
		{"health", report.Delivery{Record: report.Health{Service: "web", Status: report.Up, Time: noon}},
			web + "/status/health", `{"status":"up","time":"2026-08-01T12:00:00.005Z"}`, false},
		{"health without time", report.Delivery{Record: report.Health{Service: "web", Status: report.Down}},
			web + "/status/health", `{"status":"down"}`, false},
		{"health taken back", report.Delivery{Record: report.Health{Service: "web"}, Removed: true},
			web + "/status/health", ``, false},
		{"twin", report.Delivery{Record: report.Twin{Service: "web", Fragment: "container", Value: map[string]any{"state": "running"}}},
			web + "/twin/container", `{"state":"running"}`, false},
		{"twin taken back", report.Delivery{Record: report.Twin{Service: "web", Fragment: "container", Value: 1}, Removed: true},
			web + "/twin/container", ``, false},
		{"alarm", report.Delivery{Record: report.Alarm{Service: "web", Type: "ContainerCrashLoop", Severity: report.Major, Text: "again", Time: noon}},
			web + "/a/ContainerCrashLoop", `{"severity":"major","text":"again","time":"2026-08-01T12:00:00.005Z"}`, false},
		{"alarm cleared", report.Delivery{Record: report.Alarm{Type: "x"}}, own + "/a/x", ``, false},
		{"event", report.Delivery{Record: report.Event{Service: "web", Type: "container_died", Text: "died", Time: noon,
			Fields: map[string]any{"exitCode": 1, "text": "not this"}}},
			web + "/e/container_died", `{"text":"died","time":"2026-08-01T12:00:00.005Z","exitCode":1}`, true},
		{"telemetry", report.Delivery{Record: report.Telemetry{Time: noon, Services: map[string]report.Usage{"web": {CPU: 12.3456, Memory: 3, NetIO: 1e9 + 0.5}, "edged": {}}}},
			web + "/m/resource_usage", `{"container":{"cpu":12.35,"memory":3,"netio":1000000000},"time":"2026-08-01T12:00:00.005Z"}`, true},
		{"own telemetry", report.Delivery{Record: report.Telemetry{Services: map[string]report.Usage{"": {CPU: math.NaN(), Memory: 1}}}},
			own + "/m/resource_usage", `{"process":{"cpu":0,"memory":1}}`, true},
		{"progress of a request that nobody follows", report.Delivery{Record: report.Command{Time: noon,
			Request:  request.Request{ID: "7", Op: request.Pull, Image: "web:2", Actor: request.ActorCLI},
			Progress: &request.Progress{Step: "pull", Bytes: 1, Total: 4, Percent: 25, Layers: 3, LayersDone: 1}}},
			own + "/e/operation_progress", `{"text":"pull web:2: pull","time":"2026-08-01T12:00:00.005Z","id":"7","op":"pull","actor":"cli","image":"web:2",
				"step":"pull","bytes":1,"total":4,"percent":25,"layers":3,"layersDone":1}`, true},
		{"own event", report.Delivery{Record: report.Event{Type: "started", Text: "hello"}},
			own + "/e/started", `{"text":"hello"}`, true},
		{"a container called as edged may still have its twin",
			report.Delivery{Record: report.Twin{Service: "edged", Fragment: "container", Value: 1}}, own + "/twin/container", `1`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.delivery, tt.topic, tt.payload, !tt.volatile)
		})
	}
}

// check expects one message for d.
func check(t *testing.T, d report.Delivery, topic, payload string, retained bool) {
	t.Helper()
	messages, err := testTopics(t).encode(d)
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, error %v", len(messages), err)
	}
	m := messages[0]
	if m.topic != topic || m.retained != retained {
		t.Errorf("topic %s, retained %t; want %s, %t", m.topic, m.retained, topic, retained)
	}
	if payload == "" {
		if len(m.payload) != 0 {
			t.Errorf("payload %s, want none", m.payload)
		}
		return
	}
	sameJSON(t, m.payload, payload)
}

func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("payload\n  %s, want\n  %s", got, want)
	}
}

// A service comes with what can be asked of it, and goes with all of it.
func TestEncodeService(t *testing.T) {
	messages, err := testTopics(t).encode(report.Delivery{Record: report.Service{Name: "web", Type: "container"}})
	if err != nil || len(messages) != 4 {
		t.Fatalf("%+v, %v", messages, err)
	}
	sameJSON(t, messages[0].payload, `{"@type":"service","name":"web","type":"container","@parent":"device/main//","managedBy":"edged"}`)
	for i, op := range []string{"start", "stop", "restart"} {
		if want := (message{web + "/cmd/" + op, []byte("{}"), true}); !reflect.DeepEqual(messages[i+1], want) {
			t.Errorf("message %+v, want %+v", messages[i+1], want)
		}
	}
}

func TestEncodeGone(t *testing.T) {
	messages, err := testTopics(t).encode(report.Delivery{Record: report.Gone{Service: "web"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []message{{web + "/status/health", nil, true}, {web + "/twin/container", nil, true},
		{web + "/cmd/start", nil, true}, {web + "/cmd/stop", nil, true}, {web + "/cmd/restart", nil, true}, {web, nil, true}}
	if !reflect.DeepEqual(messages, want) {
		t.Errorf("messages %+v, want %+v", messages, want)
	}
}

// A container may be called as edged's own service; its state is not edged's.
func TestEncodeLeavesEdgedItsOwnName(t *testing.T) {
	for _, r := range []report.Record{
		report.Service{Name: "edged", Type: "container"}, report.Health{Service: "edged", Status: report.Down}, report.Gone{Service: "edged"},
	} {
		messages, err := testTopics(t).encode(report.Delivery{Record: r})
		if err != nil || len(messages) != 0 {
			t.Errorf("%T: %+v, %v", r, messages, err)
		}
	}
}

func TestEncodeSaysWhatItCannot(t *testing.T) {
	for want, r := range map[string]report.Record{
		"twin/container": report.Twin{Service: "web", Fragment: "container", Value: math.NaN()},
		"e/x":            report.Event{Type: "x", Fields: map[string]any{"f": func() {}}},
	} {
		if _, err := testTopics(t).encode(report.Delivery{Record: r}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestEncodeKeepsTheRecord(t *testing.T) {
	fields := map[string]any{"a": 1}
	if _, err := testTopics(t).encode(report.Delivery{Record: report.Event{Type: "x", Text: "t", Fields: fields}}); err != nil {
		t.Fatal(err)
	}
	if len(fields) != 1 {
		t.Errorf("the record's own fields became %v", fields)
	}
}

func TestEncodeDecision(t *testing.T) {
	deny := hooks.Answer{Script: "night.lua", Line: 12, Verdict: hooks.VerdictDeny, Reason: "only at night", Took: 1500 * time.Microsecond}
	failed := hooks.Answer{Script: "bad.lua", Line: 3, Verdict: hooks.VerdictError, Reason: "boom"}
	act := hooks.Answer{Script: "heal.lua", Line: 7, Verdict: hooks.VerdictAction, Actions: []hooks.Action{{Op: hooks.OpRestart, After: time.Second}}}
	ev := hooks.Event{ID: "e1", Phase: hooks.Before, Op: "update", Time: noon,
		Container: &hooks.Container{Name: "web"}, Image: &hooks.Image{Ref: "r/web:2"}}
	const about = `"id":"d-1","time":"2026-08-01T12:00:00.005Z","event":"e1","op":"update","phase":"before","container":"web","image":"r/web:2"`
	tests := []struct {
		name    string
		answers []hooks.Answer
		payload string
	}{
		{"denied", []hooks.Answer{failed, deny}, `{` + about + `,"text":"before update of web: deny (only at night)",
			"verdict":"deny","reason":"only at night","script":"night.lua:12","failed":true,"tookMs":1.5}`},
		{"held because a script failed", []hooks.Answer{failed}, `{` + about + `,
			"text":"before update of web: defer (bad.lua:3 failed: boom)","verdict":"defer","reason":"bad.lua:3 failed: boom",
			"script":"bad.lua:3","failed":true,"tookMs":0,"delayMs":60000}`},
		{"with an action", []hooks.Answer{act}, `{` + about + `,"text":"before update of web: allow","verdict":"allow","reason":"",
			"script":"heal.lua:7","failed":false,"tookMs":0,"actions":[{"op":"restart","afterMs":1000}]}`},
		{"modified", []hooks.Answer{{Script: "m.lua", Line: 1, Verdict: hooks.VerdictModify, Patch: map[string]any{"image": "x"}}},
			`{` + about + `,"text":"before update of web: allow","verdict":"allow","reason":"","script":"m.lua:1","failed":false,
			"tookMs":0,"patch":{"image":"x"}}`},
		{"nobody has an opinion", nil, `{` + about + `,"text":"before update of web: allow","verdict":"allow","reason":"","failed":false,"tookMs":0}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := report.Decision{ID: "d-1", Event: ev, Decision: hooks.Merge(ev, tt.answers, hooks.VerdictAllow)}
			check(t, report.Delivery{Record: d}, own+"/e/policy_decision", tt.payload, false)
		})
	}
}

func TestEncodeCommand(t *testing.T) {
	asked := request.Request{ID: "17", Op: request.Update, Target: "web", Image: "web:2", Actor: request.ActorMQTT,
		Extra: json.RawMessage(`{"status":"init","container":"web","image":"web:2","@version":"1","reason":"old","step":"old"}`)}
	const theirs = `"container":"web","image":"web:2","@version":"1"`
	tests := []struct {
		name     string
		progress *request.Progress
		result   *request.Result
		payload  string
	}{
		{"executing", nil, nil, `{"status":"executing",` + theirs + `}`},
		{"progress", &request.Progress{Step: "pull", Text: "layers", Percent: 33.333, Bytes: 10, Total: 30}, nil,
			`{"status":"executing","step":"pull","text":"layers","percent":33.3,"bytes":10,"total":30,` + theirs + `}`},
		{"committed", nil, &request.Result{Outcome: request.Committed, Changed: true,
			Timing: &request.Timing{From: "web:1", To: "web:2", StopMS: 1, StartMS: 2, OutageMS: 3, HealthyMS: 4}, Changes: []string{"image"}},
			`{"status":"successful","outcome":"committed","changed":true,"changes":["image"],
			"timing":{"from":"web:1","to":"web:2","stopMs":1,"startMs":2,"outageMs":3,"healthyMs":4},` + theirs + `}`},
		{"unchanged", nil, &request.Result{Outcome: request.Unchanged}, `{"status":"successful","outcome":"unchanged","changed":false,` + theirs + `}`},
		{"deferred", nil, &request.Result{Outcome: request.Deferred, Until: noon, Reason: "night"},
			`{"status":"executing","outcome":"deferred","changed":false,"reason":"night","deferredUntil":"2026-08-01T12:00:00.005Z",` + theirs + `}`},
		{"rolled back", nil, &request.Result{Outcome: request.RolledBack, Reason: "exited",
			Failure: &request.Failure{Container: "web", ExitCode: 1, OOM: true, Health: "unhealthy", Logs: []string{"a"}}},
			`{"status":"failed","outcome":"rolled-back","changed":false,"reason":"exited","rolledBack":true,
			"failure":{"container":"web","exitCode":1,"oom":true,"health":"unhealthy","logs":["a"]},` + theirs + `}`},
		{"a failure has a reason", nil, &request.Result{Outcome: request.Failed}, `{"status":"failed","outcome":"failed","changed":false,"reason":"failed",` + theirs + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := report.Delivery{Record: report.Command{Request: asked, Progress: tt.progress, Result: tt.result}}
			check(t, d, own+"/cmd/update/17", tt.payload, true)
		})
	}
}

func TestEncodeCommandThatNobodyFollows(t *testing.T) {
	c := report.Command{
		Request: request.Request{ID: "p1", Op: request.Restart, Target: "web", Actor: "heal.lua"},
		Result:  &request.Result{Outcome: request.Committed, Changed: true, Finished: noon},
	}
	check(t, report.Delivery{Record: c}, own+"/e/operation_finished",
		`{"text":"restart web: committed","time":"2026-08-01T12:00:00.005Z","id":"p1","op":"restart","actor":"heal.lua",
		"container":"web","status":"successful","outcome":"committed","changed":true}`, false)
}
