package update

import (
	"context"
	"errors"
	"time"

	"edged/core/request"
	"edged/engine"
)

// ErrShutdown, as the cause of a cancelled context, says that edged is ending
// and will recover at its next start. An update that has begun to take over is
// then not undone but left to recovery, once the new container runs.
var ErrShutdown = errors.New("edged is shutting down")

// ErrCalledOff, as the cause of a cancelled context, says that somebody called the
// update off.
var ErrCalledOff = errors.New("it was called off")

// transaction is one update under way. Everything it needs to be undone is in
// name, oldID, newID and wasRunning, all of which recovery finds in the engine.
type transaction struct {
	*Updater
	op         request.Op
	id         string // of the request
	name       string // of the container
	oldID      string
	newID      string
	wasRunning bool
	handover   bool          // the new one starts before the old one stops
	plain      bool          // an installation that stands no gate
	exitWithin time.Duration // the old one is to end by itself; 0: it is stopped
	plan       *engine.Plan
	gate       Gate
	grace      *time.Duration // stop timeout of the old container; nil is its own
	progress   func(request.Progress)
	restarts   int       // how often the engine had restarted the new container when the gate began
	touched    bool      // the old container was asked to stop, or to give up its name
	stopping   bool      // the engine may be stopping the old container for a caller that is gone; that goes on
	stopped    time.Time // when the old container had stopped
	timing     request.Timing
}

func (u *Updater) transaction(r request.Request, p *engine.Plan, progress func(request.Progress)) *transaction {
	t := &transaction{
		Updater: u, op: request.Update, id: r.ID, name: p.Name, oldID: p.OldID, wasRunning: p.WasRunning,
		handover: r.Options.Strategy == request.Handover, plan: p, gate: u.gate.asked(r.Options), progress: progress,
		timing: request.Timing{From: p.OldImage, To: p.NewImage},
	}
	t.exitWithin = time.Duration(r.Options.WaitForExit)
	if d := time.Duration(r.Options.StopTimeout); d > 0 {
		t.grace = &d
	}
	return t
}

type step struct {
	name string
	do   func(*transaction, context.Context) error
}

var (
	create  = step{"create", (*transaction).create}
	wait    = step{"wait", (*transaction).awaitOld}
	retire  = step{"retire", (*transaction).retireOld}
	stop    = step{"stop", (*transaction).stopOld}
	promote = step{"promote", (*transaction).promoteNew}
	start   = step{"start", (*transaction).startNew}
	gate    = step{"gate", (*transaction).pass}
	check   = step{"check", (*transaction).stillGood}
)

// takeOver is what makes the new container take the place of the old one. The old
// one gives up its name before it is asked to stop, so that recovery can tell
// whether it was.
func (t *transaction) takeOver() []step {
	switch {
	case t.handover:
		return []step{create, start, gate, retire, stop, promote, check}
	case t.exitWithin > 0:
		return []step{create, wait, retire, stop, promote, start, gate}
	}
	return []step{create, retire, stop, promote, start, gate}
}

// run does the steps in order, and goes back when one fails or ctx ends.
func (t *transaction) run(ctx context.Context, res request.Result) request.Result {
	return t.take(ctx, res, t.takeOver())
}

// finish is what is left of an update whose new container has the name.
func (t *transaction) finish(ctx context.Context, res request.Result) request.Result {
	return t.take(ctx, res, []step{gate})
}

// take does the steps and commits. A step that has begun is not interrupted, but
// for those that only wait, the gate above all: they alone see that ctx ends.
func (t *transaction) take(ctx context.Context, res request.Result, steps []step) request.Result {
	for _, s := range steps {
		err := t.calledOff(ctx)
		if err == nil {
			t.tell(s.name)
			err = s.do(t, ctx)
		}
		if errors.Is(err, ErrShutdown) && t.touched {
			return res // the new container runs: recovery has it judged again
		}
		if err != nil {
			return t.back(ctx, res, err)
		}
	}
	t.tell("commit")
	if err := t.persist(ctx, t.commit); errors.Is(err, ErrShutdown) {
		return res
	} else if err != nil && !isGone(err) {
		t.log.Warn("update: the previous container could not be removed; the next start tries again",
			"container", t.name, "update", t.id, "error", err)
	}
	res.Timing = &t.timing
	return ended(res, request.Committed, "")
}

// calledOff says why the update must not go on, if so. Once the old container
// has stopped, a shutdown waits for the new one to run.
func (t *transaction) calledOff(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, ErrShutdown) && t.touched {
		return nil
	}
	return cause
}

func (t *transaction) tell(step string) {
	t.progress(request.Progress{ID: t.id, Op: t.op, Step: step})
}
