package core

import (
	"context"

	"edged/core/report"
	"edged/core/request"
	"edged/hooks"
)

// Do carries r out, or joins the request of the same id, and returns its first
// result: a final one or a deferral. When ctx ends the caller leaves and the
// request goes on.
func (d *Daemon) Do(ctx context.Context, r request.Request, progress func(request.Progress)) (request.Result, error) {
	return d.enter(r).follow(ctx, progress)
}

// Submit carries r out; what comes of it is told in records.
func (d *Daemon) Submit(r request.Request) {
	switch {
	case r.Op.IsQuestion():
		d.requests.attend(func() { d.answer(r) })
	case r.Via != "" && r.Op != request.SoftwareUpdate:
		d.requests.attend(func() { d.serve(r) })
	default:
		d.enter(r)
	}
}

// Cancel calls the request of that id off.
func (d *Daemon) Cancel(id string) error { return d.requests.cancel(id) }

func (d *Daemon) enter(r request.Request) *job {
	if r.Trigger == "" {
		r.Trigger = hooks.TriggerCommand
	}
	r.Complete()
	return d.requests.enter(d.life, r, d.carry)
}

// Interrupted takes up a command that an earlier run of edged left unfinished on
// the broker. An update that was found in the engine is told under the command;
// everything else is asked for again, since a request names a goal and may have
// been reached already.
func (d *Daemon) Interrupted(r request.Request) {
	if r.Op.IsQuestion() || r.Via != "" && r.Op != request.SoftwareUpdate {
		d.Submit(r)
		return
	}
	d.requests.attend(func() {
		select {
		case <-d.ready:
		case <-d.life.Done():
			return
		}
		found := r
		found.Op = r.Op.Becomes()
		j := d.requests.find(found)
		if j == nil {
			found = r
			j = d.requests.find(found)
		}
		if j == nil {
			d.Submit(r)
			return
		}
		if found.Op == r.Op && j.request.Actor == r.Actor {
			return // it was put off and restored: it tells for itself
		}
		res, err := d.Do(d.life, found, func(p request.Progress) { d.sink.Put(report.Command{Request: r, Progress: &p}) })
		if err == nil {
			res.Op = r.Op
			d.sink.Put(report.Command{Request: r, Result: &res})
		}
	})
}

// Cleared is called when the requester of a command wants to know no more of it.
func (d *Daemon) Cleared(r request.Request) { d.requests.forget(r) }

// Trouble notes what is wrong with the connection to the broker.
func (d *Daemon) Trouble(text string) { d.trouble.Store(&text) }

// Connected lets people and scripts know whether the broker can be reached.
func (d *Daemon) Connected(yes bool) {
	d.online.Store(yes)
	n := hooks.NoticeDisconnected
	if yes {
		n = hooks.NoticeConnected
	}
	d.notices.post(notice(n, nil))
}
