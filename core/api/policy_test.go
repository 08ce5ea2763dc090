package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
	"edged/hooks"
)

func TestPolicy(t *testing.T) {
	f := &fake{policy: api.Policy{
		Revision: "abc", From: "files", Default: hooks.VerdictAllow, Since: time.Unix(1e9, 0).UTC(),
		Scripts:  []api.PolicyScript{{Script: hooks.Script{File: "a.lua", Mode: hooks.Audit, Hooks: []hooks.Hook{{Phase: hooks.Before, Name: "pull", Line: 3}}}, Failures: 2}},
		Rejected: &api.PolicyProblem{Problems: hooks.Problems{{File: "b.lua", Line: 7, Message: "bad"}}},
	}}
	c := dial(t, f)
	if p, err := c.Policy(t.Context()); err != nil || !reflect.DeepEqual(p, f.policy) {
		t.Errorf("Policy = %+v, %v", p, err)
	}
	if p, err := c.ReloadPolicy(t.Context()); err != nil || p.Revision != "abc" {
		t.Errorf("ReloadPolicy = %+v, %v", p, err)
	}
	f.reload = fmt.Errorf("%w: b.lua:7: bad", api.ErrRejected)
	_, err := c.ReloadPolicy(t.Context())
	if e := new(client.Error); !errors.As(err, &e) || e.Status != http.StatusUnprocessableEntity || !strings.Contains(e.Message, "b.lua:7: bad") {
		t.Errorf("ReloadPolicy of bad scripts: %v", err)
	}
}

func TestWakeAndDecisions(t *testing.T) {
	c := dial(t, &fake{})
	for id, want := range map[string]int{"": 1, "x/y": 4} {
		if n, err := c.Wake(t.Context(), id); err != nil || n != want {
			t.Errorf("Wake(%q) = %d, %v", id, n, err)
		}
	}
	if _, err := c.Wake(t.Context(), "none"); err == nil {
		t.Error("Wake of nothing: no error")
	}
	if list, err := c.Decisions(t.Context(), 3); err != nil || len(list) != 3 {
		t.Errorf("Decisions = %v, %v", list, err)
	}
	if rec, err := c.Decision(t.Context(), "a-1"); err != nil || string(rec) != `{"event":{"id":"e1"}}` {
		t.Errorf("Decision = %s, %v", rec, err)
	}
	_, err := c.Decision(t.Context(), "a-2")
	if e := new(client.Error); !errors.As(err, &e) || e.Status != http.StatusNotFound {
		t.Errorf("Decision of nothing: %v", err)
	}
}

func TestOverride(t *testing.T) {
	f := &fake{}
	c := dial(t, f)
	hour := request.Duration(time.Hour)
	o, err := c.OverridePolicy(t.Context(), api.Override{Name: "web", For: hour, Reason: "hot fix"})
	if err != nil || o.Until.IsZero() || len(f.overrides) != 1 || f.overrides[0] != (api.Override{Name: "web", For: hour, Reason: "hot fix", Actor: "cli"}) {
		t.Errorf("OverridePolicy = %+v, %v; the backend got %+v", o, err, f.overrides)
	}
	for field, bad := range map[string]api.Override{
		"name": {For: hour, Reason: "x"}, "reason": {Name: "web", For: hour},
		"for": {Name: "web", Reason: "x"}, "24h": {Name: "web", Reason: "x", For: 30 * hour},
	} {
		_, err := c.OverridePolicy(t.Context(), bad)
		if e := new(client.Error); !errors.As(err, &e) || e.Status != http.StatusBadRequest || !strings.Contains(e.Message, field) {
			t.Errorf("%+v: error %v, want one about %s", bad, err, field)
		}
	}
	if len(f.overrides) != 1 {
		t.Errorf("the backend got %+v", f.overrides)
	}
}
