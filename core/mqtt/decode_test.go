package mqtt

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"edged/core/request"
	"edged/hooks"
)

// command is what the topic of a command says.
func command(op, id string) request.Request { return request.Request{Op: request.Op(op), ID: id} }

func TestDecode(t *testing.T) {
	body := `{"status":"init","container":"web","image":"web:2","@version":"1",
		"options":{"env":["A=b"],"health_gate":"90s","stop_timeout":5,"force":true}}`
	r, status, err := decode(command("update", "17"), []byte(body))
	if err != nil || status != "init" {
		t.Fatalf("status %q, error %v", status, err)
	}
	if r.ID != "17" || r.Op != request.Update || r.Target != "web" || r.Image != "web:2" ||
		r.Actor != request.ActorMQTT || r.Trigger != hooks.TriggerCommand {
		t.Errorf("request %+v", r)
	}
	o := r.Options
	if len(o.Env) != 1 || time.Duration(o.HealthGate) != 90*time.Second || time.Duration(o.StopTimeout) != 5*time.Second || !o.Force {
		t.Errorf("options %+v", o)
	}
	if string(r.Extra) != body {
		t.Errorf("the requester's fields became %s", r.Extra)
	}
}

func TestDecodeNamesTheField(t *testing.T) {
	tests := []struct{ op, body, want string }{
		{"update", `no JSON`, "not a JSON object"},
		{"update", `[]`, "not a JSON object"},
		{"update", `"init"`, "not a JSON object"},
		{"update", `{}`, "field status: missing"},
		{"update", `{"status":null}`, "field status: missing"},
		{"update", `{"status":""}`, "field status: empty"},
		{"update", `{"status":1}`, "field status: want string, got number"},
		{"update", `{"status":"init"}`, "field container is missing"},
		{"update", `{"status":"init","container":["web"]}`, "field container: want string, got array"},
		{"install", `{"status":"init","container":"web"}`, "field image is missing"},
		{"pull", `{"status":"init","image":{}}`, "field image: want string, got object"},
		{"update", `{"status":"init","container":"web","options":[]}`, "field options: want object, got array"},
		{"update", `{"status":"init","container":"web","options":{"enviroment":[]}}`, "field options.enviroment: unknown option"},
		{"update", `{"status":"init","container":"web","options":{"force":"yes"}}`, "field options.force: want bool, got string"},
		{"update", `{"status":"init","container":"web","options":{"health_gate":"soon"}}`, "field options.health_gate: "},
		{"update", `{"status":"init","container":"web","options":{"env":[1]}}`, "field options.env: want string, got number"},
		{"dance", `{"status":"init","container":"web"}`, `unknown operation "dance"`},
		{"update", `{"status":"init","x":"` + strings.Repeat("x", maxCommand) + `"}`, "at most 32768 are read"},
	}
	for _, tt := range tests {
		r, _, err := decode(command(tt.op, "17"), []byte(tt.body))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("decode(%s, %.60s): %v, want an error with %q", tt.op, tt.body, err, tt.want)
		}
		if r.ID != "17" || string(r.Op) != tt.op || r.Actor != request.ActorMQTT {
			t.Errorf("decode(%s, %.60s): the request to answer is %+v", tt.op, tt.body, r)
		}
	}
}

// Whatever arrives, what is refused can be answered and what is accepted makes sense.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"status":"init","container":"web","image":"web:2","options":{"env":["A=b"],"health_gate":"90s"}}`,
		`{"status":"executing","step":"pull"}`, `{"status":"init","options":{"":null}}`, `{}`, `null`, `[[[`, "\xff",
	} {
		f.Add("update", seed)
	}
	f.Fuzz(func(t *testing.T, op, body string) {
		r, status, err := decode(command(op, "1"), []byte(body))
		if err == nil && (status == statusInit || status == statusExecuting) && r.Validate() != nil {
			t.Errorf("accepted: %+v", r)
		}
		refused := request.Result{Outcome: request.Invalid, Reason: "x"}
		fields := withExtra(r.Extra, resultFields(refused))
		if fields["status"] != statusFailed || fields["reason"] != "x" {
			t.Errorf("answered with %v", fields)
		}
		if _, err := json.Marshal(fields); err != nil {
			t.Errorf("the answer can't be told: %v", err)
		}
	})
}
