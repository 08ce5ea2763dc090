package core

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// A rollback that the engine refused is tried again, less and less often, until it is done.
func TestMend(t *testing.T) {
	interrupted := func(e *fakeEngine) {
		e.interrupt("u1")
		e.containers["web.edged-prev"].Running, e.containers["web.edged-prev"].Status = false, "exited"
		e.refuses = true
	}
	working(t, nil, interrupted, func(r *rig) {
		tries := func() int { return strings.Count(r.eng.done(), "start id-web") / 5 } // each asks the engine five times
		for _, tt := range []struct {
			after time.Duration
			tries int
		}{{30 * time.Second, 1}, {time.Minute, 2}, {time.Minute, 2}, {time.Minute + 10*time.Second, 3}, {24*time.Hour + 30*time.Minute, 30}} {
			<-time.After(tt.after)
			synctest.Wait()
			if got := tries(); got != tt.tries {
				t.Errorf("%d tries %s later, want %d", got, tt.after, tt.tries)
			}
		}
		if got := r.told.outcomes("u1"); got != "broken" {
			t.Errorf("told %q of the update", got)
		}
		r.eng.mu.Lock()
		r.eng.refuses = false
		r.eng.mu.Unlock()
		<-time.After(mendLast)
		synctest.Wait()
		if now := r.eng.containers["web"]; len(r.eng.containers) != 1 || now == nil || now.ID != "id-web" || !now.Running {
			t.Errorf("containers %v", r.eng.containers)
		}
		alarms := r.told.alarms()
		if first, last := alarms[0], alarms[len(alarms)-1]; !strings.HasPrefix(first, "web update u1 of web needs a person") || last != "web " {
			t.Errorf("alarms: first %q, last %q", first, last)
		}
		did := r.eng.done()
		<-time.After(24 * time.Hour)
		synctest.Wait()
		if got := r.eng.done(); got != did {
			t.Errorf("did more: %s", got[len(did):])
		}
	})
}

// What somebody else has put right is not touched.
func TestMendedByOthers(t *testing.T) {
	interrupted := func(e *fakeEngine) { e.interrupt("u1"); e.refuses = true }
	working(t, nil, interrupted, func(r *rig) {
		<-time.After(10 * time.Second)
		r.eng.mu.Lock()
		r.eng.refuses = false
		clear(r.eng.containers)
		r.eng.containers["web"] = &engine.State{ID: "id-web", Name: "web", Image: "app:1", Status: "running", Running: true}
		r.eng.mu.Unlock()
		before := r.eng.done()
		<-time.After(24 * time.Hour)
		synctest.Wait()
		if did := r.eng.done(); did != before {
			t.Errorf("did %s", did[len(before):])
		}
		if alarms := r.told.alarms(); alarms[len(alarms)-1] != "web " {
			t.Errorf("alarms %v", alarms)
		}
		if res := r.do(request.Request{ID: "2", Op: request.Stop, Target: "web"}); res.Outcome != request.Committed {
			t.Errorf("a stop afterwards: %+v", res)
		}
	})
}
