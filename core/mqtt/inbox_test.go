package mqtt

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"edged/core/report"
	"edged/core/request"
)

// post is an inbox that nobody connects to.
func post(t testing.TB) (inbox, *noted, *report.Outbox, *journal) {
	t.Helper()
	n, out, log := &noted{}, report.NewOutbox(report.Limits{}), &journal{}
	self := newIdentity("1")
	return inbox{
		topics: testTopics(t), out: out, handler: n, grumble: newGrumble(slog.New(slog.NewTextHandler(log, nil))), self: &self, spoke: true, agent: &agent{},
		check: func() { n.note("check") }, answer: func() { n.note("answer") }, end: func(error) { n.note("end") },
	}, n, out, log
}

func TestInbox(t *testing.T) {
	tests := []struct {
		topic, body string
		retained    bool
		want        string // what the handler was told; empty: nothing
	}{
		{own + "/cmd/stop/1", `{"status":"init","container":"web"}`, false, "submit stop 1 web"},
		{own + "/cmd/stop/1", `{"status":"executing","container":"web"}`, true, "interrupted stop 1 false"},
		{own + "/cmd/stop/1", `{"status":"executing","container":"web"}`, false, ""},
		{own + "/cmd/stop/1", `{"status":"successful","container":"web"}`, true, ""},
		{own + "/cmd/stop/1", ``, false, "cleared stop 1"},
		{own + "/cmd/ps/1", `{"status":"init"}`, true, "submit ps 1 "},
		{own + "/cmd/logs/1", `{"status":"init","container":"web","options":{"tail":5}}`, true, "submit logs 1 web"},
		{own + "/cmd/health/check", ``, false, "check"},
		{own + "/cmd/health/check", `{"status":"init"}`, false, "check"},
		{web + "/cmd/stop/1", `{"status":"init"}`, false, "submit stop 1 web"},
		{web + "/cmd/stop/1", `{"status":"init","container":"db"}`, false, "submit stop 1 web"},
		{web + "/cmd/stop/1", ``, false, "cleared device/main/service/web stop 1"},
		{web + "/cmd/stop/1", `nonsense`, false, ""},
		{web + "/cmd/update/1", `{"status":"init","container":"web"}`, false, ""},
		{web + "/cmd/health/check", ``, false, ""},
		{"te/device/child01/service/edged/cmd/stop/1", `{"status":"init","container":"web"}`, false, ""},
		{web, `{"@type":"service","name":"web","type":"container","managedBy":"edged"}`, true, "left web container"},
		{web, `{"@type":"service","name":"web","type":"container","managedBy":"edged"}`, false, ""},
		{web, `{"@type":"service","name":"web","type":"container"}`, true, ""},
		{web + "/a/x", `{"severity":"major"}`, true, "left web x"},
		{own + "/a/x", `{"severity":"major"}`, true, ""},
		{own + "/twin/edged", `{"started":"2000"}`, false, "end"},
		{own + "/twin/edged", `{"started":"2999"}`, true, "answer"},
		{own + "/twin/edged", `{}`, false, ""},
		{own + "/twin/edged", ``, false, ""},
	}
	for _, tt := range tests {
		in, n, _, _ := post(t)
		in.receive(tt.topic, []byte(tt.body), tt.retained)
		if got := strings.Join(n.all(), ", "); got != tt.want {
			t.Errorf("%s %s: told %q, want %q", tt.topic, tt.body, got, tt.want)
		}
	}
}

// A command that makes no sense fails with the reason; what is wrong is logged once.
func TestInboxRefuses(t *testing.T) {
	in, n, out, log := post(t)
	for range 3 {
		in.receive(own+"/cmd/logs/1", []byte(`{"status":"init","container":"web","options":{"tail":-1}}`), true)
		in.receive(web+"/cmd/stop/1", []byte(`{`), true)
		in.receive(web, []byte(`[]`), true)
	}
	d, ok := out.Next()
	if !ok || d.Record.(report.Command).Result.Outcome != request.Invalid {
		t.Errorf("answered with %+v", d.Record)
	}
	if len(n.all()) != 0 || log.count("level=WARN") != 3 {
		t.Errorf("told %q, logged\n%s", n.all(), log.text.String())
	}
	for i := range 2 * maxGrumbles {
		in.receive(web+strings.Repeat("x", i), []byte(`[]`), true)
	}
	if got := log.count("level=WARN"); got > maxGrumbles {
		t.Errorf("%d warnings", got)
	}
}

// FuzzInbox sends everything to every topic: nothing panics, nothing is told of others' services but what they were asked
// or registered, and each topic is grumbled about at most once.
func FuzzInbox(f *testing.F) {
	bodies := []string{
		``, `{`, `null`, `[]`, `"init"`, `{"status":"init","container":"web"}`, `{"status":1}`, `{"status":"executing","container":"web"}`,
		`{"@type":"service","name":"web","type":"container","managedBy":"edged"}`, `{"name":1}`, `{"severity":{}}`, `{"started":"2000","pid":"x"}`, "\xff\x00",
		`{"status":"init","updateList":[{"type":"container","modules":[{"name":"a","action":"remove"}]}]}`, `{"status":"up"}`, `1`,
	}
	topics := []string{
		own + "/cmd/stop/1", own + "/cmd/logs/1", own + "/cmd/x/y", own + "/cmd/health/check", web + "/cmd/restart/9", web, own, web + "/a/b",
		own + "/twin/edged", "te/device/main///cmd/software_list/1", "te/device/main///cmd/software_update/1",
		"te/device/main/service/tedge-agent/status/health", "", "/", "te/device/main/service//cmd//",
	}
	for _, topic := range topics {
		for _, body := range bodies {
			f.Add(topic, []byte(body), true)
		}
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte, retained bool) {
		in, n, _, log := post(t)
		for range 2 {
			in.receive(topic, body, retained)
		}
		if got := log.count("level="); got > 1 {
			t.Errorf("%s %q: logged %d times", topic, body, got)
		}
		mine := strings.HasPrefix(topic, own+"/")
		if told := n.all(); !mine && slices.ContainsFunc(told, func(s string) bool {
			return !strings.HasPrefix(s, "left ") && !strings.HasPrefix(s, "submit ") && !strings.HasPrefix(s, "interrupted ") && !strings.HasPrefix(s, "cleared device/")
		}) {
			t.Errorf("%s %q: told %q", topic, body, told)
		}
	})
}
