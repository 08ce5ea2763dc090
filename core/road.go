package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/core/download"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
	"edged/engine"
	"edged/hooks"
)

// carry takes a request along the whole road: wait for its time and for the
// engine, ask the scripts, do it, tell the scripts.
func (d *Daemon) carry(ctx context.Context, j *job) request.Result {
	res := request.Result{ID: j.request.ID, Op: j.request.Op, Target: j.request.Target, Image: j.request.Image, Started: time.Now()}
	invalid := j.request.Validate()
	var early error
	if invalid == nil {
		early = d.awaitReady(ctx, j.request.After)
	}
	if instead := j.begin(); instead != nil {
		res = instead(ctx, j)
		res.Op = j.request.Op
		return res
	}
	switch {
	case invalid != nil:
		return ended(res, request.Invalid, invalid)
	case early != nil:
		return calledOff(ctx, res)
	}
	return (&errand{Daemon: d, job: j, res: res}).pursue(ctx)
}

// awaitReady waits for the time of a request, and for the engine.
func (d *Daemon) awaitReady(ctx context.Context, after time.Duration) error {
	if err := pause(ctx, after); err != nil {
		return err
	}
	select {
	case <-d.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// busyRetry is the pause before a request that was put off, and finds somebody at work
// on its container, looks again.
const busyRetry = time.Second

// pursue asks about the errand, and asks again when scripts put it off, until
// there is an end.
func (a *errand) pursue(ctx context.Context) request.Result {
	for {
		a.job.again()
		if err := a.takeTarget(ctx); err != nil && a.attempt == 0 && a.request.Op != request.SoftwareUpdate {
			return ended(a.res, request.Conflict, err)
		} else if err != nil { // who was put off waits for who was not, or was woken with it; software comes one after the other
			if err := pause(ctx, busyRetry); err != nil {
				return calledOff(ctx, a.res)
			}
			continue
		}
		next := a.try(ctx)
		if next.Outcome != request.Deferred {
			return next
		}
		a.requests.release(a.job)
		a.attempt++
		p := a.deferral(next)
		a.deferrals.keep(a.job, p)
		a.job.conclude(next)
		if err := a.await(ctx, p); err != nil {
			return calledOff(ctx, a.res)
		}
	}
}

// takeTarget makes the errand the one that works on its container, whichever of the
// container's names it was asked for by.
func (a *errand) takeTarget(ctx context.Context) error {
	a.request = a.job.request
	if a.request.OnContainer() {
		if state, err := a.engine.State(ctx, a.request.Target); err == nil {
			a.request.Target = state.Name
		}
	}
	for _, suffix := range []string{update.SuffixNext, update.SuffixPrev} {
		if of, found := strings.CutSuffix(a.request.Target, suffix); found {
			return fmt.Errorf("container %s is part of an update of %s", a.request.Target, of)
		}
	}
	return a.requests.take(a.job, a.request.Key())
}

// try asks and, if allowed, does.
func (a *errand) try(ctx context.Context) request.Result {
	done, err := a.slot(ctx, a.job.request.Op)
	if err != nil {
		return calledOff(ctx, a.res)
	}
	defer done()
	if a.request.Op == request.Rollback {
		if res, over := a.chooseBefore(ctx); over {
			return res
		}
	}
	if a.request.Op == request.SoftwareUpdate {
		return a.software(ctx) // which asks about each of its steps
	}
	if a.request.Image == "" && a.request.Options.Like != "" {
		state, err := a.engine.State(ctx, a.request.Options.Like)
		if errors.Is(err, engine.ErrNotFound) {
			return ended(a.res, request.NotFound, err)
		}
		a.request.Image = state.Image // an engine that is away says so below
	}
	ev, err := a.event(ctx)
	if err != nil {
		return a.failed(err)
	}
	if err := a.ask(ctx, ev); err != nil {
		return a.refused(err)
	}
	if a.deferrals.settle(a.service()) {
		a.sink.Put(report.Alarm{Service: a.service(), Type: alarmDeferLimit})
	}
	out := a.do(ctx)
	if out.Outcome.Final() {
		a.tellAfter(ctx, ev, out)
	}
	return out
}

// slot waits for a place among the requests that load the device. What is over in
// a moment needs none: a restart must not wait for a download. To prune takes all: what
// a pull has just brought is not needed by anything yet.
func (d *Daemon) slot(ctx context.Context, op request.Op) (done func(), err error) {
	places := 1
	switch op {
	case request.Prune:
		places = cap(d.slots)
	case request.Pull, request.Install, request.Update, request.Rollback, request.SoftwareUpdate:
	default:
		return func() {}, nil
	}
	release := func(n int) {
		for range n {
			<-d.slots
		}
	}
	for taken := range places {
		select {
		case d.slots <- struct{}{}:
		case <-ctx.Done():
			release(taken)
			return nil, ctx.Err()
		}
	}
	return func() { release(places) }, nil
}

// errand is a request on its way, once or, when it is put off, several times.
type errand struct {
	*Daemon
	job     *job
	request request.Request // as scripts have changed it in this attempt
	res     request.Result
	attempt int           // how often it was put off before
	holds   int           // how often in a row it was put off because a hook failed
	earlier time.Duration // how long it had been put off when this run of edged took it up
	delay   time.Duration // for how long it is put off
	before  string        // rollback: the reference that the container had, which may mean another image by now
}

// waited is how long ago scripts were asked about the errand first.
func (a *errand) waited() time.Duration { return a.earlier + time.Since(a.res.Started) }

// refusal is a decision that is not a yes.
type refusal struct {
	decision hooks.Decision
	op       hooks.Op
}

func (r *refusal) Error() string {
	verb := "denied"
	if r.decision.Verdict == hooks.VerdictDefer {
		verb = "deferred"
	}
	return string(r.op) + " " + verb + " by policy: " + r.decision.Reason
}

// ask asks the scripts about ev. A yes may change what the errand asks for. What
// scripts say when they are broken off counts for nothing.
func (a *errand) ask(ctx context.Context, ev hooks.Event) error {
	decision := a.policy.Decide(ctx, ev)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	a.act(ev, decision)
	if decision.Verdict != hooks.VerdictAllow {
		return &refusal{decision: decision, op: hooks.Op(ev.Op)}
	}
	return patch(&a.request, decision.Patch)
}

// refused makes a result of what stands in the way of an errand.
func (a *errand) refused(err error) request.Result {
	var r *refusal
	if !errors.As(err, &r) {
		return a.failed(err)
	}
	if r.decision.Verdict == hooks.VerdictDeny {
		return ended(a.res, request.Denied, err)
	}
	left := longestDeferral - a.waited()
	if left <= 0 {
		err = fmt.Errorf("%w; it was put off for %s, which is the most", err, longestDeferral)
		a.sink.Put(a.deferrals.exceed(a.service(), err.Error()))
		return ended(a.res, request.Denied, err)
	}
	if r.decision.Failed {
		a.holds++
	} else {
		a.holds = 0
	}
	a.delay = min(r.decision.Delay, left)
	res := ended(a.res, request.Deferred, err)
	res.Until = res.Finished.Add(a.delay)
	return res
}

// failed makes a result of an error before anything that runs was touched. One that
// is due to the end of edged is none: the request is not over.
func (a *errand) failed(err error) request.Result {
	ends := errors.Is(context.Cause(a.job.ctx), update.ErrShutdown)
	switch {
	case errors.Is(err, update.ErrShutdown), ends && errors.Is(err, context.Canceled):
		return a.res
	case errors.Is(err, context.Canceled), errors.Is(err, update.ErrCalledOff):
		return ended(a.res, request.Cancelled, update.ErrCalledOff)
	case errors.Is(err, engine.ErrNotFound) && !errors.Is(err, engine.ErrNoImage) && a.request.Op != request.Install:
		return ended(a.res, request.NotFound, err)
	default:
		a.res.Retry = errors.Is(err, engine.ErrOffline) || errors.Is(err, engine.ErrUnreachable) || errors.Is(err, download.ErrAway)
		return ended(a.res, request.Failed, err)
	}
}

// tellAfter lets the scripts see what came of the request.
func (a *errand) tellAfter(ctx context.Context, ev hooks.Event, res request.Result) {
	if !a.policy.Wants(hooks.After, ev.Op) {
		return
	}
	ev.Phase, ev.OK = hooks.After, res.Outcome.OK()
	if ev.Op == string(hooks.OpPull) {
		ev.Image = new(*ev.Image)
		a.describe(context.WithoutCancel(ctx), ev.Image, a.request.Image)
	}
	if !ev.OK {
		ev.Error = res.Reason
	}
	ev.Result = &hooks.Result{Outcome: string(res.Outcome), DurationMS: res.Finished.Sub(res.Started).Milliseconds()}
	ev.Result.FreedBytes = res.FreedBytes
	ev.Result.ExitCode, ev.Result.Output = res.ExitCode, res.Output
	if res.Timing != nil {
		ev.Result.OutageMS = res.Timing.OutageMS
	}
	a.act(ev, a.policy.Decide(context.WithoutCancel(ctx), ev))
}

// ended completes a result.
func ended(res request.Result, o request.Outcome, why error) request.Result {
	res.Outcome, res.Finished, res.Changed = o, time.Now(), o == request.Committed
	if why != nil {
		res.Reason = why.Error()
	}
	return res
}

// calledOff is the result of a request that was waiting when its context ended:
// none if edged ends, for then it is not over.
func calledOff(ctx context.Context, res request.Result) request.Result {
	if errors.Is(context.Cause(ctx), update.ErrShutdown) {
		return res
	}
	return ended(res, request.Cancelled, update.ErrCalledOff)
}

// poke makes a channel of room for one readable, whether it is already or not.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
