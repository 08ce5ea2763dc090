package update

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"edged/core/request"
	"edged/engine"
)

// stepDeputy is the first step that a deputy reports, each time it is started.
const stepDeputy = "deputy"

// Carry is the work of a deputy: it goes on with the update from where it stands,
// and ends it one way or the other. It finds out from its own report, which are the
// lines that it has printed, how often it has been started.
func (u *Updater) Carry(ctx context.Context, o Order, progress func(request.Progress)) request.Result {
	res := request.Result{ID: o.ID, Op: request.Update, Target: o.Name, Started: time.Now()}
	d := &deputy{u, o.ID, o.Name, o.OldID}
	before := d.reported(ctx)
	if before.result != nil {
		return *before.result
	}
	progress(request.Progress{ID: o.ID, Op: request.Update, Step: stepDeputy})
	t, over, err := d.standing(ctx)
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err != nil:
		return ended(res, request.Broken, err.Error())
	case t == nil && over == request.Committed:
		return ended(res, over, "")
	case t == nil:
		return ended(res, over, "the update was interrupted")
	}
	t.progress, t.gate, t.grace = progress, o.Gate, o.Grace
	res.Image = t.timing.To
	if before.starts == 0 && !t.touched {
		return t.take(ctx, res, t.takeOver()[1:])
	}
	return t.resume(ctx, before.starts+1)
}

// standing tells how far the update has come: the transaction, if it is under way,
// else what came of it. It waits for an engine that is away.
func (d *deputy) standing(ctx context.Context) (t *transaction, over request.Outcome, err error) {
	err = d.persist(ctx, func(ctx context.Context) error {
		t, over = nil, request.RolledBack
		marked, err := d.marked(ctx)
		if err != nil {
			return err
		}
		for _, m := range marked {
			if m.Container.Labels[LabelReplaces] != d.oldID {
				continue
			}
			over = request.Committed
			t, err = d.interrupted(ctx, m)
		}
		return err
	})
	return t, over, err
}

// marked lists the containers that updates have to do with.
func (u *Updater) marked(ctx context.Context) ([]engine.TedgeContainer, error) {
	return u.engine.List(ctx, engine.FilterOptions{Labels: []string{LabelUpdate}})
}

// report is what a deputy has printed.
type report struct {
	starts int
	result *request.Result
}

// reported reads the deputy's report; one that can't be read is empty.
func (d *deputy) reported(ctx context.Context) (r report) {
	var printed bytes.Buffer
	err := d.persist(ctx, func(ctx context.Context) error {
		printed.Reset()
		return d.engine.ContainerLogs(ctx, &printed, d.name(), engine.LogsOptions{})
	})
	if err != nil {
		d.log.Warn("update: read the deputy's report", "container", d.target, "update", d.id, "error", err)
	}
	for line := range bytes.Lines(printed.Bytes()) {
		var said struct {
			Progress *request.Progress
			Result   *request.Result
		}
		if json.Unmarshal(line, &said) != nil {
			continue // its log stands among the report
		}
		if said.Progress != nil && said.Progress.Step == stepDeputy {
			r.starts++
		}
		if said.Result != nil && said.Result.ID == d.id && said.Result.Outcome.Final() {
			r.result = said.Result
		}
	}
	return r
}
