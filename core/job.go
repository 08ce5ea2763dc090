package core

import (
	"context"
	"sync"
	"time"

	"edged/core/api"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
)

// job is a request under way, or one that has ended and is remembered.
type job struct {
	request request.Request
	sink    Sink
	started time.Time
	keys    []string        // what it works on, if anything; see [requests.take]
	ctx     context.Context // ends when the request is called off or edged ends
	cancel  context.CancelCauseFunc
	wake    chan struct{} // readable when the request is to be asked about before its time
	takesUp bool          // it is an update of an earlier run; of [requests]

	mu        sync.Mutex
	step      string
	begun     bool // it does not wait for the engine any more
	instead   work // what it does instead of what it was asked for, once it begins
	muted     bool // nobody wants records of it any more
	putOff    bool // it waits until it is asked about again
	followers map[chan request.Progress]bool
	result    *request.Result // the newest: a deferral is followed by another
	answered  chan struct{}   // closed when there is a result, or edged ends
	ended     chan struct{}   // closed when the result is final, or edged ends
}

func newJob(ctx context.Context, r request.Request, sink Sink) *job {
	ctx, cancel := context.WithCancelCause(ctx)
	return &job{
		request: r, sink: sink, started: time.Now(), ctx: ctx, cancel: cancel,
		wake:      make(chan struct{}, 1),
		followers: map[chan request.Progress]bool{},
		answered:  make(chan struct{}),
		ended:     make(chan struct{}),
	}
}

// progress tells how far the request has come. A follower that lags loses steps,
// never the result.
func (j *job) progress(p request.Progress) {
	j.tell(report.Command{Request: j.request, Progress: &p})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.step = p.Step
	for f := range j.followers {
		select {
		case f <- p:
		default:
		}
	}
}

// tell puts a record about the request, if anybody wants it.
func (j *job) tell(c report.Command) {
	j.mu.Lock()
	muted := j.muted
	j.mu.Unlock()
	if !muted {
		j.sink.Put(c)
	}
}

// mute is called when the requester wants to know no more. A request that is put
// off is then called off; one that has begun goes on.
func (j *job) mute() {
	j.mu.Lock()
	j.muted = true
	putOff := j.putOff
	j.mu.Unlock()
	if putOff {
		j.cancel(update.ErrCalledOff)
	}
}

// reroute has the job do something else when it begins; false if it has begun.
func (j *job) reroute(instead work) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.begun {
		j.instead = instead
	}
	return !j.begun
}

// begin ends the time in which reroute can be called, and returns what was given to it.
func (j *job) begin() work {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun = true
	return j.instead
}

// follow calls progress until there is an answer: a final result or a deferral.
func (j *job) follow(ctx context.Context, progress func(request.Progress)) (request.Result, error) {
	steps := make(chan request.Progress, 16)
	j.mu.Lock()
	j.followers[steps] = true
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.followers, steps)
	}()
	for {
		select {
		case p := <-steps:
			progress(p)
		case <-j.answered:
			return j.answer()
		case <-ctx.Done():
			return request.Result{}, ctx.Err()
		}
	}
}

func (j *job) answer() (request.Result, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.result == nil {
		return request.Result{}, context.Cause(j.ctx)
	}
	return *j.result, nil
}

// conclude notes and tells a result; the first one answers those who wait.
func (j *job) conclude(r request.Result) {
	j.tell(report.Command{Request: j.request, Result: &r})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.result, j.putOff = &r, !r.Outcome.Final()
	closeOnce(j.answered)
	if !j.putOff {
		closeOnce(j.ended)
	}
}

// again is called when a request that was put off is taken up.
func (j *job) again() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.putOff = false
	select {
	case <-j.wake:
	default:
	}
}

// rouse ends the waiting of a request that is put off, and reports whether it is.
func (j *job) rouse() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.putOff {
		poke(j.wake)
	}
	return j.putOff
}

// leave lets go of those who wait, without a result: edged ends.
func (j *job) leave() {
	j.mu.Lock()
	defer j.mu.Unlock()
	closeOnce(j.answered)
	closeOnce(j.ended)
}

func (j *job) over() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// running shows the job to people.
func (j *job) running() api.Running {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := api.Running{
		ID: j.request.ID, Op: j.request.Op, Target: j.request.Target, Image: j.request.Image,
		Actor: j.request.Actor, Step: j.step, Started: j.started,
	}
	if j.request.Run != nil {
		r.Command = j.request.Run.Name
	}
	if j.putOff {
		r.Until = j.result.Until
	}
	return r
}

// closeOnce closes c unless it is closed; the caller holds the lock.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
