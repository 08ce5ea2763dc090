package core

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/engine"
)

// last is the newest word about a command.
func (k *kept) last(id string) (c report.Command, told bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.records {
		if one, ok := r.(report.Command); ok && one.Request.ID == id {
			c, told = one, true
		}
	}
	return c, told
}

// group has two containers of shop@web, one of db and the plain one named web.
func group(e *fakeEngine) {
	for name, service := range map[string]string{"shop-web-1": "web", "shop-web-2": "web", "shop-db-1": "db"} {
		e.containers[name] = &engine.State{ID: "id-" + name, Name: name, Status: "running", Running: true, Group: "shop", Service: service}
	}
}

// Commands to services are carried out on their containers; those to others' services are others' business.
func TestServe(t *testing.T) {
	unknown := func(e *fakeEngine) { group(e); e.mute = true }
	working(t, nil, unknown, func(r *rig) {
		for id, service := range map[string]string{"1": "web", "2": "shop@web", "3": "nodered"} {
			r.Submit(request.Request{ID: id, Op: request.Stop, Target: service, Actor: request.ActorMQTT, Via: "device/main/service/" + service})
		}
		synctest.Wait()
		if did := r.eng.done(); did != "" {
			t.Fatalf("before the containers were known: %s", did)
		}
		r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected})
		<-time.After(time.Second)
		did := r.eng.done()
		for _, name := range []string{"stop web", "stop shop-web-1", "stop shop-web-2"} {
			if !strings.Contains(did, name) {
				t.Errorf("no %s in %s", name, did)
			}
		}
		if strings.Contains(did, "db") {
			t.Errorf("too much: %s", did)
		}
		for id, want := range map[string]string{"1": "web", "2": "shop@web"} {
			if c, _ := r.told.last(id); c.Result == nil || c.Result.Outcome != request.Committed || c.Result.Target != want {
				t.Errorf("command %s: %+v", id, c.Result)
			}
		}
		if c, told := r.told.last("3"); told {
			t.Errorf("told about another's command: %+v", c)
		}
	})
}

func TestQuestions(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		tests := []struct {
			request request.Request
			outcome request.Outcome
			answer  string // name of the field
		}{
			{request.Request{ID: "ps", Op: request.Ps}, request.Unchanged, "containers"},
			{request.Request{ID: "status", Op: request.Status}, request.Unchanged, "edged"},
			{request.Request{ID: "logs", Op: request.Logs, Target: "web"}, request.Unchanged, "logs"},
			{request.Request{ID: "no logs", Op: request.Logs, Target: "nowhere"}, request.NotFound, "logs"},
			{request.Request{ID: "cancel", Op: request.Cancel, Options: request.Options{Request: "7"}}, request.NotFound, ""},
		}
		for _, tt := range tests {
			r.Submit(tt.request)
			synctest.Wait()
			c, _ := r.told.last(tt.request.ID)
			if c.Result == nil || c.Result.Outcome != tt.outcome || tt.answer != "" && c.Answer[tt.answer] == nil {
				t.Errorf("%s: %+v, %+v", tt.request.ID, c.Result, c.Answer)
			}
		}
		if c, _ := r.told.last("logs"); len(c.Answer["logs"].([]string)) != 2 {
			t.Errorf("logs %q", c.Answer["logs"])
		}
	})
}
