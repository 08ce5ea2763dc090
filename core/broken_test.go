package core

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"edged/core/report"
	"edged/core/request"
	"edged/core/watch"
	"edged/engine"
)

// A container that needs a person has an alarm until something better came of it.
func TestAlarmOfBrokenContainers(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		r.mu.Lock()
		r.observed["1"] = watch.Container{ID: "1", Name: "shop-web-1.edged-prev", Detail: engine.TedgeContainer{ServiceType: engine.ContainerGroupType, Container: engine.Container{ProjectName: "shop", ServiceName: "web"}}}
		r.mu.Unlock()
		for i, tt := range []struct {
			op      request.Op
			target  string
			outcome request.Outcome
			check   bool
			told    string // service and text of an alarm
		}{
			{request.Update, "web", request.Failed, false, ""},
			{request.Update, "web", request.Unchanged, true, ""},
			{request.Update, "web", request.Committed, false, "web "}, // one of an earlier run may stand
			{request.Update, "web", request.Committed, false, ""},
			{request.Update, "web", request.Broken, false, "web update 4 of web needs a person: because"},
			{request.Update, "web", request.Conflict, false, ""},
			{request.Restart, "web", request.Committed, false, ""},
			{request.Update, "web", request.RolledBack, false, "web "},
			{request.Install, "web", request.Broken, false, "web install 8 of web needs a person: because"},
			{request.Remove, "web", request.Committed, false, "web "},
			{request.Update, "shop-web-1", request.Broken, false, "shop@web update 10 of shop-web-1 needs a person: because"},
		} {
			req := request.Request{ID: fmt.Sprint(i), Op: tt.op, Target: tt.target, Options: request.Options{Check: tt.check}}
			before := len(r.told.alarms())
			r.requests.enter(r.Context(), req, func(context.Context, *job) request.Result {
				return request.Result{ID: req.ID, Op: tt.op, Target: tt.target, Outcome: tt.outcome, Reason: "because"}
			})
			synctest.Wait()
			if got := strings.Join(r.told.alarms()[before:], ", "); got != tt.told {
				t.Errorf("%s %s ended %s: told %q, want %q", tt.op, tt.target, tt.outcome, got, tt.told)
			}
		}
	})
}

// alarms are the alarms that were told, each with its service.
func (k *kept) alarms() (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.records {
		if a, ok := r.(report.Alarm); ok {
			out = append(out, a.Service+" "+a.Text)
		}
	}
	return out
}
