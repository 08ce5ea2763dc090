package mqtt

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/core/request"
)

const (
	device      = "te/device/main///cmd/"
	agentHealth = "te/device/main/service/tedge-agent/status/health"
	up, down    = `{"status":"up","pid":1}`, `{"status":"down"}`
)

// What a tedge-agent does is left to it while there is one.
func TestInboxMindsTheAgent(t *testing.T) {
	const (
		list   = device + "software_list/1"
		update = device + "software_update/1"
		begun  = `{"status":"executing","updateList":[{"type":"container","modules":[{"name":"a","action":"remove"}]}]`
	)
	tests := []struct {
		mode, health string
		topic, body  string
		retained     bool
		want         string
	}{
		{Auto, "", list, `{"status":"init"}`, false, "submit software_list 1 "},
		{Auto, down, list, `{"status":"init"}`, true, "submit software_list 1 "},
		{Auto, "0", list, `{"status":"init"}`, true, "submit software_list 1 "},
		{Auto, "nonsense", list, `{"status":"init"}`, true, "submit software_list 1 "},
		{Auto, up, list, `{"status":"init"}`, true, ""},
		{Auto, "1", list, `{"status":"init"}`, true, ""},
		{Always, up, list, `{"status":"init"}`, true, "submit software_list 1 "},
		{Never, "", list, `{"status":"init"}`, true, ""},
		{Always, "", update, strings.Replace(begun, "executing", "init", 1) + "}", true, "submit software_update 1 "},
		{Always, "", update, begun + "}", true, ""}, // an agent has begun with it
		{Always, "", update, begun + `,"executor":"edged"}`, true, "interrupted software_update 1 false"},
		{Always, "", update, begun + `,"executor":"other"}`, true, ""},
		{Always, "", update, ``, true, "cleared device/main// software_update 1"},
		{Always, "", device + "restart/1", `{"status":"init"}`, true, ""}, // of the device
		{Never, "", web + "/cmd/stop/1", `{"status":"init"}`, true, ""},
		{Auto, "", web + "/cmd/stop/1", `{"status":"init"}`, true, "submit stop 1 web"},
		{Auto, up, web + "/cmd/stop/1", `{"status":"init"}`, true, ""}, // not yet
		{Never, "", own + "/cmd/stop/1", `{"status":"init","container":"web"}`, true, "submit stop 1 web"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			in, n, out, _ := post(t)
			in.software, in.services = tt.mode, tt.mode
			if tt.health != "" {
				in.receive(agentHealth, []byte(tt.health), true)
			}
			in.receive(tt.topic, []byte(tt.body), tt.retained)
			if got := strings.Join(n.all(), ", "); got != tt.want {
				t.Errorf("%s, agent %q: %s %s: told %q, want %q", tt.mode, tt.health, tt.topic, tt.body, got, tt.want)
			}
			if _, told := out.Next(); told {
				t.Errorf("%s %s: it was answered", tt.topic, tt.body)
			}
		})
	}
}

// An update that makes no sense is refused by who would have to carry it out.
func TestInboxRefusesSoftware(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":"init"}`:                 "field updateList",
		`{"status":"init","updateList":[]}`: "field updateList",
		`{"status":"init","updateList":7}`:  "field updateList",
		`{"status":"init","updateList":[{"type":"apt","modules":[{"name":"vim","action":"install"}]}]}`: "field type",
	} {
		in, n, out, _ := post(t)
		in.receive(device+"software_update/1", []byte(body), false)
		d, told := out.Next()
		c, _ := d.Record.(report.Command)
		if !told || c.Result == nil || !strings.Contains(c.Result.Reason, want) || len(n.all()) > 0 {
			t.Errorf("%s: %+v", body, c.Result)
		}
	}
}

// A file on the device is nobody's to name who is elsewhere.
func TestDecodeSoftware(t *testing.T) {
	r, status, err := decode(request.Request{ID: "1", Op: request.SoftwareUpdate}, []byte(`{"status":"init","updateList":[
		{"type":"container","modules":[{"name":"a","version":"x:1","action":"install","url":"http://x/y","file":"/etc/shadow","sha256":"00"}]},
		{"type":"container-image","modules":[{"name":"b","action":"remove"}]}]}`))
	want := request.Module{Type: "container", Name: "a", Version: "x:1", Action: "install", URL: "http://x/y", SHA256: "00"}
	if err != nil || status != statusInit || len(r.Modules) != 2 || r.Modules[0] != want || r.Modules[1].Type != "container-image" {
		t.Errorf("%+v, %s, %v", r.Modules, status, err)
	}
}

// An agent that goes down has time to come back; a command to a service that it does not begin with is edged's.
func TestAgentComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, n, _, _ := post(t)
		in.software, in.services = Auto, Auto
		wants := func(what string, leaves bool) {
			t.Helper()
			if got := in.agent.leaves(Auto); got != leaves {
				t.Errorf("%s: left to the agent: %t", what, got)
			}
		}
		in.receive(agentHealth, []byte(up), true)
		wants("up", true)
		in.receive(agentHealth, []byte(down), false)
		time.Sleep(agentGrace - time.Second)
		wants("down for a moment", true)
		in.receive(agentHealth, []byte(up), false)
		time.Sleep(time.Hour)
		wants("up again", true)

		in.receive(web+"/cmd/stop/1", []byte(`{"status":"init"}`), true)
		in.receive(web+"/cmd/stop/2", []byte(`{"status":"init"}`), true)
		in.receive(web+"/cmd/stop/3", []byte(`{"status":"init"}`), true)
		in.receive(web+"/cmd/stop/2", []byte(`{"status":"executing"}`), false)
		in.receive(web+"/cmd/stop/3", nil, false)
		time.Sleep(agentTime - time.Second)
		if got := n.all(); len(got) != 1 || got[0] != "cleared device/main/service/web stop 3" {
			t.Errorf("told %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := n.all(); len(got) != 2 || got[1] != "submit stop 1 web" {
			t.Errorf("told %q", got)
		}

		in.receive(agentHealth, []byte(down), false)
		time.Sleep(agentGrace)
		wants("down", false)
		if !in.agent.claim(Auto) || in.agent.claim(Auto) || in.agent.claim(Never) {
			t.Error("not claimed once")
		}
		in.receive(agentHealth, []byte(up), false)
		in.agent.forget()
		wants("unknown at a new connection", false)
	})
}

// That edged manages software is told as soon as it is known that no agent does.
func TestSessionClaimsSoftware(t *testing.T) {
	inBubbleWith(t, Config{Software: Auto}, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		began := time.Now()
		for _, op := range softwareOps() {
			p := r.next(t)
			if p.TopicName != device+string(op) || string(p.Payload) != `{"types":["container","container-group","container-image"]}` || !p.Retain {
				t.Errorf("got %v", p)
			}
		}
		if waited := time.Since(began); waited != agentSettle {
			t.Errorf("after %s", waited)
		}
	})
}
