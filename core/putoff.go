package core

import (
	"context"
	"sync"
	"time"

	"edged/core/request"
)

// clockCheck is how often a clock that was wrong is looked at: it may have been set.
const clockCheck = 10 * time.Second

// deferral is the errand as it is put off, to be written down.
func (a *errand) deferral(res request.Result) deferral {
	r := a.job.request
	return deferral{
		Request: r, Trigger: r.Trigger, Actor: r.Actor, Recover: r.Recover, Via: r.Via, Extra: r.Extra,
		Attempt: a.attempt, Holds: a.holds, Waited: a.waited(),
		Asked: res.Finished.UTC().Round(0), Delay: a.delay, Reason: res.Reason,
	}
}

// await waits until the errand is to be asked about again, or somebody wakes it.
// Meanwhile it does what needs no decision any more.
func (a *errand) await(ctx context.Context, p deferral) error {
	var ahead sync.WaitGroup
	defer ahead.Wait()
	ahead.Go(func() { a.pullAhead(ctx) })

	left, known := p.left(time.Now())
	end, clock := time.NewTimer(left), time.NewTicker(clockCheck)
	defer end.Stop()
	defer clock.Stop()
	for {
		tick := clock.C
		if known {
			tick = nil // a timer goes by itself, whatever the clock does
		}
		select {
		case <-end.C:
			return nil
		case <-a.job.wake:
			return nil
		case now := <-tick:
			if left, known = p.left(now); known {
				end.Reset(left)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pullAhead fetches the image of an update that is put off, so that its time is
// short when it comes. Scripts are asked about the pull, which is how they keep a
// metered link from it. What goes wrong is told when the update itself pulls.
func (a *errand) pullAhead(ctx context.Context) {
	if a.attempt > 1 || a.request.Options.Check || a.request.Op != request.Update && a.request.Op != request.Install {
		return
	}
	done, err := a.slot(ctx, request.Pull)
	if err != nil {
		return
	}
	defer done()
	early := *a // what scripts change of this pull is no change to the update
	if err := early.chooseImage(ctx); err != nil {
		return
	}
	if err := early.fetch(ctx, true); err != nil {
		a.log.Info("the image is not pulled in advance", "request", a.request.ID, "image", early.request.Image, "reason", err)
	}
}

// restore takes up what an earlier run of edged has put off.
func (d *Daemon) restore() {
	found := d.deferrals.load()
	for _, alarm := range d.deferrals.alarms() {
		d.sink.Put(alarm)
	}
	for _, p := range found {
		r := p.requested()
		d.requests.restore(d.life, r, func(j *job) { d.deferrals.restored(j, p) }, func(ctx context.Context, j *job) request.Result {
			return d.again(ctx, j, p)
		})
	}
}

// again goes on with a request that was put off when edged ended.
func (d *Daemon) again(ctx context.Context, j *job, p deferral) request.Result {
	now := time.Now()
	left, known := p.left(now)
	a := &errand{
		Daemon: d, job: j, request: j.request, attempt: p.Attempt, holds: p.Holds, delay: p.Delay, earlier: p.Waited,
		res: request.Result{ID: j.request.ID, Op: j.request.Op, Target: j.request.Target, Image: j.request.Image, Started: now},
	}
	if known {
		a.earlier += p.Delay - left // what lies between the ends of two runs may be years, or a clock that was set
	}
	res := a.res
	res.Outcome, res.Reason, res.Until, res.Finished = request.Deferred, p.Reason, now.Add(left), now
	j.conclude(res)
	if err := a.await(ctx, p); err != nil {
		return calledOff(ctx, a.res)
	}
	return a.pursue(ctx)
}

// service is whom an alarm about the errand is about; empty is edged itself.
func (a *errand) service() string {
	if !a.request.OnContainer() {
		return ""
	}
	return a.request.Target
}
