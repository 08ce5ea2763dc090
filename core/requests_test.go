package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"edged/core/api"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
)

var quiet = slog.New(slog.DiscardHandler)

// kept keeps records.
type kept struct {
	mu      sync.Mutex
	records []report.Record
}

func (k *kept) Put(r report.Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.records = append(k.records, r)
}

// all are the records so far that can be compared.
func (k *kept) all() (out []report.Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.records {
		switch r.(type) {
		case report.Gone, report.Alarm, report.Service, report.Health:
			out = append(out, r)
		}
	}
	return out
}

// outcomes are the outcomes that were told of a request, in order.
func (k *kept) outcomes(id string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, r := range k.records {
		if c, ok := r.(report.Command); ok && c.Request.ID == id && c.Result != nil {
			out = append(out, string(c.Result.Outcome))
		}
	}
	return strings.Join(out, " ")
}

// desk is a table of requests whose work ends when the test says so.
type desk struct {
	*requests
	sink *kept
	life context.Context
	end  chan request.Outcome
	runs int
}

func newDesk(t *testing.T) (*desk, context.CancelCauseFunc) {
	life, stop := context.WithCancelCause(t.Context())
	sink := &kept{}
	return &desk{requests: newRequests(sink, quiet), sink: sink, life: life, end: make(chan request.Outcome)}, stop
}

func (d *desk) work(ctx context.Context, j *job) request.Result {
	d.mu.Lock()
	d.runs++
	d.mu.Unlock()
	res := request.Result{ID: j.request.ID, Op: j.request.Op, Target: j.request.Target}
	if err := d.take(j, j.request.Key()); err != nil {
		return ended(res, request.Conflict, err)
	}
	select {
	case o := <-d.end:
		return ended(res, o, nil)
	case <-ctx.Done():
		return calledOff(ctx, res)
	}
}

func (d *desk) ask(id string, op request.Op, target string) *job {
	j := d.enter(d.life, request.Request{ID: id, Op: op, Target: target}, d.work)
	synctest.Wait()
	return j
}

func TestSameIDJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		first := d.ask("1", request.Stop, "web")
		if d.ask("1", request.Stop, "web") != first {
			t.Error("a request of the same id is another one")
		}
		other := d.ask("1", request.Start, "db")
		if other == first {
			t.Error("another operation of the same id is the same request")
		}
		d.end <- request.Committed
		d.end <- request.Committed
		synctest.Wait()
		res, err := d.ask("1", request.Stop, "web").follow(t.Context(), func(request.Progress) {})
		if err != nil || res.Outcome != request.Committed || d.runs != 2 {
			t.Errorf("answer %+v, %v after %d runs; want the one from before", res, err, d.runs)
		}
		if got := d.sink.outcomes("1"); got != "committed committed" {
			t.Errorf("told %q", got)
		}
	})
}

func TestConflictNamesWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		d.ask("1", request.Update, "web")
		res, err := d.ask("2", request.Stop, "web").follow(t.Context(), nil)
		if err != nil || res.Outcome != request.Conflict || !strings.Contains(res.Reason, "update 1") {
			t.Errorf("result %+v, %v; want a conflict with update 1", res, err)
		}
		if running := d.running(); len(running) != 1 || running[0].ID != "1" {
			t.Errorf("running %+v, want 1", running)
		}
		d.end <- request.Committed
		synctest.Wait()
		d.ask("3", request.Stop, "web")
		d.end <- request.Committed
		synctest.Wait()
		if got := d.sink.outcomes("3"); got != "committed" {
			t.Errorf("after its end: %q", got)
		}
	})
}

func TestClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		r := request.Request{ID: "1", Op: request.Update, Target: "web"}
		if err := d.claim(d.life, r, d.work); err != nil {
			t.Fatal(err)
		}
		// Not even a request that is made before the first has begun may come between.
		other := d.enter(d.life, request.Request{ID: "2", Op: request.Stop, Target: "web"}, d.work)
		res, _ := other.follow(t.Context(), nil)
		if res.Outcome != request.Conflict {
			t.Errorf("outcome %s, want conflict", res.Outcome)
		}
		if d.claim(d.life, r, d.work) == nil {
			t.Error("the same request was claimed twice")
		}
		r.ID = "3"
		if d.claim(d.life, r, d.work) == nil {
			t.Error("a busy target was claimed")
		}
		d.end <- request.Committed
		d.close()
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		if err := d.cancel("1"); !errors.Is(err, api.ErrNotFound) {
			t.Errorf("cancel of nothing: %v", err)
		}
		j := d.ask("1", request.Stop, "web")
		if err := d.cancel("1"); err != nil {
			t.Fatal(err)
		}
		if res, err := j.follow(t.Context(), nil); err != nil || res.Outcome != request.Cancelled {
			t.Errorf("result %+v, %v", res, err)
		}
		synctest.Wait()
		if err := d.cancel("1"); !errors.Is(err, api.ErrConflict) {
			t.Errorf("cancel of what has ended: %v", err)
		}
	})
}

func TestFollowerMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		j := d.ask("1", request.Pull, "")
		ctx, leave := context.WithCancel(t.Context())
		steps := 0
		done := make(chan error)
		go func() {
			_, err := j.follow(ctx, func(request.Progress) { steps++ })
			done <- err
		}()
		synctest.Wait()
		j.progress(request.Progress{ID: "1", Step: "pull"})
		synctest.Wait()
		leave()
		if err := <-done; !errors.Is(err, context.Canceled) || steps != 1 {
			t.Errorf("left with %v after %d steps", err, steps)
		}
		j.progress(request.Progress{ID: "1", Step: "pull"})
		if running := d.running(); len(running) != 1 || running[0].Step != "pull" {
			t.Errorf("running %+v, want it to go on", running)
		}
		d.end <- request.Committed
	})
}

func TestShutdownLeavesNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := newDesk(t)
		j := d.ask("1", request.Stop, "web")
		stop(update.ErrShutdown)
		if _, err := j.follow(t.Context(), nil); !errors.Is(err, update.ErrShutdown) {
			t.Errorf("err = %v, want shutdown", err)
		}
		d.close()
		if got := d.sink.outcomes("1"); got != "" {
			t.Errorf("told %q of a request that is not over", got)
		}
		late := d.ask("2", request.Stop, "web")
		if _, err := late.follow(t.Context(), nil); !errors.Is(err, update.ErrShutdown) || d.runs != 1 {
			t.Errorf("a late request: %v, %d runs", err, d.runs)
		}
		d.attend(func() { t.Error("something was begun after the end") })
		synctest.Wait()
	})
}

func TestResultsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		for i := range rememberedResults + 10 {
			d.ask(fmt.Sprint(i), request.Stop, "web")
			d.end <- request.Committed
			synctest.Wait()
		}
		if len(d.known) != rememberedResults || len(d.ended) != rememberedResults {
			t.Errorf("%d known, %d ended; want %d", len(d.known), len(d.ended), rememberedResults)
		}
		if d.find(request.Request{Op: request.Stop, ID: "9"}) != nil || d.find(request.Request{Op: request.Stop, ID: "10"}) == nil {
			t.Error("not the oldest were forgotten")
		}
	})
}

func TestForgottenIDIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDesk(t)
		first := d.ask("1", request.Stop, "web")
		d.forget(request.Request{Op: request.Stop, ID: "1"})
		d.end <- request.Committed
		synctest.Wait()
		if got := d.sink.outcomes("1"); got != "" {
			t.Errorf("told %q to somebody who wants to know no more", got)
		}
		second := d.ask("1", request.Stop, "web")
		if second == first {
			t.Fatal("the id is still taken")
		}
		d.end <- request.Failed
		synctest.Wait()
		for i := range rememberedResults - 1 { // the first one is the oldest to be dropped
			d.ask(fmt.Sprint("more", i), request.Stop, "web")
			d.end <- request.Committed
			synctest.Wait()
		}
		if d.find(request.Request{Op: request.Stop, ID: "1"}) != second {
			t.Error("the first one took the second one's result with it")
		}
	})
}
