package core

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"sync"

	"edged/core/api"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
)

// rememberedResults is how many ended requests are remembered, so that one that
// is sent again gets the same answer.
const rememberedResults = 256

// name tells requests apart: whoever counts ids may count them per operation.
type name struct {
	op  request.Op
	id  string
	via string
}

func nameOf(r request.Request) name { return name{r.Op, r.ID, r.Via} }

// requests is the table of what is being done and what was done.
type requests struct {
	sink Sink
	log  *slog.Logger
	over func(*job) // is called with each that has come to its end
	wait sync.WaitGroup

	mu     sync.Mutex
	known  map[name]*job
	busy   map[string]*job // by request.Key: who works on it
	ended  []*job          // oldest first
	closed bool            // edged ends: nothing is begun any more
}

func newRequests(sink Sink, log *slog.Logger) *requests {
	return &requests{sink: sink, log: log, over: func(*job) {}, known: map[name]*job{}, busy: map[string]*job{}}
}

// work carries a request out.
type work func(ctx context.Context, j *job) request.Result

// enter starts a request on its own goroutine, or returns the one of the same id.
func (q *requests) enter(ctx context.Context, r request.Request, do work) *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j := q.known[nameOf(r)]; j != nil {
		return j
	}
	j := newJob(ctx, r, q.sink)
	q.start(j, do)
	return j
}

// claim is enter for a request whose target is its own before anybody else can ask
// for it. It fails if there is one of that id, or somebody works on the target.
func (q *requests) claim(ctx context.Context, r request.Request, do work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.known[nameOf(r)] != nil {
		return fmt.Errorf("%s %s is there twice", r.Op, r.ID)
	}
	j := newJob(ctx, r, q.sink)
	if err := q.occupy(j, r.Key()); err != nil {
		return err
	}
	q.start(j, do)
	return nil
}

// takeUp is claim for an update that an earlier run of edged left in the middle. What asked for it may have been asked for
// anew by now, by a broker that did not hear that it had begun: that request waits for [Daemon.ready], and ends what is
// there instead of beginning.
func (q *requests) takeUp(ctx context.Context, r request.Request, do work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if other := q.busy[r.Key()]; other != nil {
		return fmt.Errorf("%s is busy: %s %s", r.Key(), other.request.Op, other.request.ID)
	}
	var j *job
	for _, known := range q.becoming(r) {
		if known.takesUp {
			return fmt.Errorf("%s %s is there twice", r.Op, r.ID)
		}
		if known.reroute(do) {
			j = known
			break
		}
	}
	waits := j != nil
	if !waits {
		j = newJob(ctx, r, q.sink)
	}
	j.takesUp = true
	if err := q.occupy(j, r.Key()); err != nil || waits {
		return err
	}
	q.start(j, do)
	return nil
}

// restore is enter for a request that an earlier run of edged has put off. One that
// is under way already, or that goes on as the update that it became, is not begun:
// then note gets nil instead of its job.
func (q *requests) restore(ctx context.Context, r request.Request, note func(*job), do work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.known[nameOf(r)] != nil || r.Op.Becomes() != r.Op && q.known[name{r.Op.Becomes(), r.ID, r.Via}] != nil {
		note(nil)
		return
	}
	j := newJob(ctx, r, q.sink)
	note(j)
	q.start(j, do)
}

// start carries j out; the caller holds the lock. While edged ends nothing is begun.
func (q *requests) start(j *job, do work) {
	if q.closed {
		j.cancel(update.ErrShutdown)
		j.leave()
		return
	}
	r := j.request
	q.known[nameOf(r)] = j
	q.wait.Go(func() {
		defer j.cancel(nil)
		j.tell(report.Command{Request: r})
		res := do(j.ctx, j)
		q.release(j)
		q.finish(j, res)
	})
}

// works reports whether somebody works on what has that key.
func (q *requests) works(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.busy[key] != nil
}

// attend has do waited for like a request, unless edged ends.
func (q *requests) attend(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.wait.Go(do)
	}
}

// close waits for the requests under way; later ones are turned away.
func (q *requests) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wait.Wait()
}

// finish tells what came of a request. One without an outcome was interrupted by
// the end of edged, and is not over.
func (q *requests) finish(j *job, res request.Result) {
	if res.Outcome == "" {
		j.leave()
		return
	}
	j.conclude(res)
	q.over(j)
	q.write(j, res)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = append(q.ended, j)
	if len(q.ended) > rememberedResults {
		q.drop(q.ended[0])
		q.ended = slices.Delete(q.ended, 0, 1)
	}
}

// drop frees j's id, unless another request has it by now; the caller holds the lock.
func (q *requests) drop(j *job) {
	if n := nameOf(j.request); q.known[n] == j {
		delete(q.known, n)
	}
}

// write logs a result.
func (q *requests) write(j *job, res request.Result) {
	level := slog.LevelInfo
	if !res.Outcome.OK() {
		level = slog.LevelWarn
	}
	attrs := []any{"op", res.Op, "container", res.Target, "outcome", res.Outcome, "request", res.ID, "actor", j.request.Actor}
	if j.request.Run != nil {
		attrs = append(attrs, "command", j.request.Run.Name)
	}
	if res.Reason != "" {
		attrs = append(attrs, "reason", res.Reason)
	}
	if res.Timing != nil {
		attrs = append(attrs, "from", res.Timing.From, "to", res.Timing.To, "outage_ms", res.Timing.OutageMS)
	}
	q.log.Log(j.ctx, level, "request ended", attrs...)
}

// take makes j one that works on key, see [request.Request.Key], or says who does.
func (q *requests) take(j *job, key string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.occupy(j, key)
}

func (q *requests) occupy(j *job, key string) error {
	if other := q.busy[key]; other != nil && other != j {
		return fmt.Errorf("%s is busy: %s %s", key, other.request.Op, other.request.ID)
	}
	q.busy[key] = j
	j.keys = append(j.keys, key)
	return nil
}

// release lets others work on what j works on.
func (q *requests) release(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, key := range j.keys {
		if q.busy[key] == j {
			delete(q.busy, key)
		}
	}
	j.keys = nil
}

// find returns the request of the same name as r, or nil.
func (q *requests) find(r request.Request) *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.known[nameOf(r)]
}

// becoming returns what is known under r's id, whatever it was asked for as, if r is what it comes to; the caller holds
// the lock.
func (q *requests) becoming(r request.Request) (found []*job) {
	for n, j := range q.known {
		if n.id == r.ID && n.via == r.Via && n.op.Becomes() == r.Op {
			found = append(found, j)
		}
	}
	return found
}

// told reports whether what r comes to is over already under its id.
func (q *requests) told(r request.Request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.becoming(r), (*job).over)
}

// forget is called when the requester wants to know no more. The id is then free
// again; what is being done under it goes on.
func (q *requests) forget(r request.Request) {
	if j := q.find(r); j != nil {
		j.mute()
		q.mu.Lock()
		defer q.mu.Unlock()
		q.drop(j)
	}
}

// cancel calls the requests of that id off.
func (q *requests) cancel(id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	err := fmt.Errorf("request %s: %w", id, api.ErrNotFound)
	for _, j := range q.known {
		switch {
		case j.request.ID != id:
		case j.over():
			err = fmt.Errorf("request %s has ended: %w", id, api.ErrConflict)
		default:
			j.cancel(update.ErrCalledOff)
			return nil
		}
	}
	return err
}

// wake ends the waiting of the requests that are put off and that match. It returns
// how many it found.
func (q *requests) wake(matches func(*job) bool) (found int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.known {
		if matches(j) && j.rouse() {
			found++
		}
	}
	return found
}

// running shows the requests that have not ended, oldest first.
func (q *requests) running() []api.Running {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []api.Running
	for _, j := range q.known {
		if !j.over() {
			out = append(out, j.running())
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Started.Before(out[j].Started) })
	return out
}
