package update

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"edged/core/request"
	"edged/engine"
)

// LabelDeputy marks a deputy. Its value is the id of the container that is replaced.
const LabelDeputy = "io.edged.deputy"

// SuffixDeputy ends the name of a deputy; before it is that of the container.
const SuffixDeputy = ".edged-deputy"

// deputyStarts bounds how often a deputy that ends without having done its work is
// started again. The engine itself does so, too.
const deputyStarts = 5

// Order is what a deputy is told, in JSON.
type Order struct {
	ID    string         `json:"id"`        // of the request
	Name  string         `json:"container"` // to be updated
	OldID string         `json:"replaces"`  // as its id
	Gate  Gate           `json:"gate"`
	Grace *time.Duration `json:"grace,omitempty"` // from the stop signal to the kill; nil is the container's own
}

// deputy is the container that carries an update out in edged's place, as edged
// sees it.
type deputy struct {
	*Updater
	id     string // of the request
	target string // the container to be updated, by name
	oldID  string // and by id
}

// EnableDeputies has updates of the container that edged itself runs in carried out
// by deputies, which are made from that container and run command with an [Order]
// as its last argument, see [Updater.Carry]. life ends, with [ErrShutdown] as its
// cause, when edged does. Without this nobody waits for a deputy: it is started, and
// left to the edged that it brings up.
func (u *Updater) EnableDeputies(life context.Context, command []string) {
	u.life, u.command = life, command
}

// delegate has a deputy carry the transaction out. Until the deputy is started
// nothing is touched, and the update can be called off.
func (t *transaction) delegate(ctx context.Context, self string, res request.Result) request.Result {
	if t.handover {
		return failed(ctx, res, fmt.Errorf("hand over %s: two of edged can't work at the same time; use the strategy %s",
			t.name, request.Replace))
	}
	if t.exitWithin > 0 {
		return failed(ctx, res, fmt.Errorf("update %s: edged, which runs in it, can't wait for its end; leave out wait_for_exit", t.name))
	}
	d := &deputy{t.Updater, t.id, t.name, t.oldID}
	var err error
	if t.newID == "" {
		t.tell("create")
		err = t.create(ctx)
	}
	if err == nil {
		err = t.calledOff(ctx)
	}
	if err == nil {
		err = d.create(ctx, self, Order{t.id, t.name, t.oldID, t.gate, t.grace})
	}
	if err != nil && t.touched {
		return ended(res, request.Broken, err.Error())
	}
	if err != nil {
		d.remove(ctx)
		return t.back(ctx, res, err)
	}
	t.tell(stepDeputy)
	return d.await(res)
}

func (d *deputy) name() string { return d.target + SuffixDeputy }

// create makes the deputy, from the container self; it isn't started.
func (d *deputy) create(ctx context.Context, self string, o Order) error {
	if err := d.clear(ctx); err != nil {
		return err
	}
	order, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write order for %s: %w", d.name(), err)
	}
	plan, err := d.engine.PlanDeputy(ctx, self, append(slices.Clone(d.command), string(order)))
	if err != nil {
		return err
	}
	_, err = d.engine.CreateNext(context.WithoutCancel(ctx), plan, d.name(), map[string]string{
		LabelDeputy: d.oldID,
		LabelUpdate: d.id,
		// What the container has from an earlier update of its own is not the deputy's.
		LabelReplaces: "", LabelWasRunning: "", LabelStrategy: "", LabelGate: "",
	})
	return err
}

// clear removes a deputy that was left behind.
func (d *deputy) clear(ctx context.Context) error {
	s, err := d.engine.State(ctx, d.name())
	switch {
	case isGone(err):
		return nil
	case err != nil:
		return err
	case s.Labels[LabelDeputy] == "" || s.Running:
		return fmt.Errorf("a container named %s is in the way: %w", d.name(), engine.ErrConflict)
	default:
		return d.engine.Remove(ctx, s.ID)
	}
}

// await starts the deputy unless it has ended, and returns its result once it has.
// That the request is called off meanwhile changes nothing; the end of edged, which
// is part of the update, leaves it without an outcome.
func (d *deputy) await(res request.Result) request.Result {
	for range deputyStarts {
		s, err := d.state(d.life)
		switch {
		case isGone(err), err == nil && s.Status == "exited" && s.ExitCode == 0:
			return d.dismiss(d.life, d.result(d.life, res))
		case err == nil:
			err = d.persist(d.life, func(ctx context.Context) error { return d.engine.StartContainer(ctx, d.name()) })
			if err != nil && !errors.Is(err, ErrShutdown) && s.StartedAt.IsZero() {
				d.remove(d.life)
				return d.without(d.life, res, err)
			}
		}
		if err == nil {
			err = d.engine.WaitForStop(d.life, d.name())
		}
		if isShutdown(d.life) {
			return res
		}
		if err != nil && !isGone(err) {
			d.log.Warn("update: wait for the deputy", "container", d.target, "update", d.id, "error", err)
		}
	}
	return ended(res, request.Broken, fmt.Sprintf("%s ended %d times before its work was done", d.name(), deputyStarts))
}

// leave starts the deputy and waits for nothing. It does no harm to one that is done.
func (d *deputy) leave(ctx context.Context, res request.Result) request.Result {
	err := d.persist(ctx, func(ctx context.Context) error { return d.engine.StartContainer(ctx, d.name()) })
	switch {
	case errors.Is(err, ErrShutdown):
	case err != nil:
		return ended(res, request.Broken, err.Error())
	default:
		res.Reason = "in " + d.name()
	}
	return res
}

func (d *deputy) state(ctx context.Context) (s engine.State, err error) {
	err = d.persist(ctx, func(ctx context.Context) (err error) {
		s, err = d.engine.State(ctx, d.name())
		return err
	})
	return s, err
}

// result is what the deputy reports. If that can't be read, what is there tells as
// much as has to be known.
func (d *deputy) result(ctx context.Context, res request.Result) request.Result {
	if r := d.reported(ctx).result; r != nil {
		r.Started, r.Changes = res.Started, res.Changes
		return *r
	}
	return d.without(ctx, res, fmt.Errorf("the report of %s can't be read", d.name()))
}

// without says what came of an update without a deputy, because of cause: if nothing
// was touched yet it is undone.
func (d *deputy) without(ctx context.Context, res request.Result, cause error) request.Result {
	t, over, err := d.standing(ctx)
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err != nil:
		return ended(res, request.Broken, fmt.Sprintf("%v; %v", cause, err))
	case t == nil:
		return ended(res, over, cause.Error())
	case t.touched:
		return ended(res, request.Broken, fmt.Sprintf("%v; the next start of edged goes on with the update", cause))
	}
	t.progress = func(request.Progress) {}
	return t.back(ctx, res, cause)
}

// dismiss removes the deputy when res is the end.
func (d *deputy) dismiss(ctx context.Context, res request.Result) request.Result {
	if res.Outcome.Final() {
		d.remove(ctx)
	}
	return res
}

func (d *deputy) remove(ctx context.Context) {
	err := d.persist(ctx, func(ctx context.Context) error { return d.engine.Remove(ctx, d.name()) })
	if err != nil && !isGone(err) {
		d.log.Warn("update: the deputy could not be removed; the next start tries again",
			"container", d.target, "update", d.id, "error", err)
	}
}

// delegated finds the updates that deputies carry out, and the ids of the containers
// that these replace.
func (u *Updater) delegated(marked []engine.TedgeContainer) (found []Interrupted, old map[string]bool) {
	old = map[string]bool{}
	next := map[string]engine.Container{}
	for _, m := range marked {
		next[m.Container.Labels[LabelReplaces]] = m.Container
	}
	for _, m := range marked {
		c := m.Container
		if c.Labels[LabelDeputy] == "" {
			continue
		}
		d := &deputy{u, c.Labels[LabelUpdate], strings.TrimSuffix(c.Name, SuffixDeputy), c.Labels[LabelDeputy]}
		old[d.oldID] = true
		r := request.Request{ID: d.id, Op: request.Update, Target: d.target, Image: next[d.oldID].Image}
		found = append(found, Interrupted{r, func(ctx context.Context, _ int, progress func(request.Progress)) request.Result {
			res := request.Result{ID: r.ID, Op: r.Op, Target: r.Target, Image: r.Image, Started: time.Now()}
			if u.life == nil {
				return d.leave(ctx, res)
			}
			progress(request.Progress{ID: r.ID, Op: r.Op, Step: stepDeputy})
			return d.await(res)
		}})
	}
	return found, old
}
