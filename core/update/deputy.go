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
	d := &deputy{t.Updater, t.id, t.name, t.oldID}
	if err := d.create(ctx, self, Order{t.id, t.name, t.oldID, t.gate, t.grace}); err != nil {
		if t.touched {
			return ended(res, request.Broken, err.Error())
		}
		return failed(ctx, res, err)
	}
	if t.newID == "" {
		t.tell("create")
		err := t.create(ctx)
		if err == nil {
			err = t.calledOff(ctx)
		}
		if err != nil {
			return d.dismiss(ctx, t.back(ctx, res, err))
		}
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
		LabelReplaces: "", LabelWasRunning: "", LabelStrategy: "",
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
				return d.withdraw(d.life, res, err)
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
	t, over, err := d.standing(ctx)
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err == nil && t == nil:
		return ended(res, over, "the report of "+d.name()+" can't be read")
	default:
		return ended(res, request.Broken, strings.TrimSpace(fmt.Sprint(d.name(), " left its work undone; ", err)))
	}
}

// withdraw undoes the update whose deputy can't be started, because of cause.
func (d *deputy) withdraw(ctx context.Context, res request.Result, cause error) request.Result {
	t, over, err := d.standing(ctx)
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err != nil:
		return ended(res, request.Broken, fmt.Sprintf("%v; %v", cause, err))
	case t == nil:
		return d.dismiss(ctx, ended(res, over, cause.Error()))
	}
	t.progress = func(request.Progress) {}
	return d.dismiss(ctx, t.back(ctx, res, cause))
}

// dismiss removes the deputy when res is the end.
func (d *deputy) dismiss(ctx context.Context, res request.Result) request.Result {
	if !res.Outcome.Final() {
		return res
	}
	err := d.persist(ctx, func(ctx context.Context) error { return d.engine.Remove(ctx, d.name()) })
	if err != nil && !isGone(err) {
		d.log.Warn("update: the deputy could not be removed; the next start tries again",
			"container", d.target, "update", d.id, "error", err)
	}
	return res
}

// delegated finds the updates that deputies carry out, and the ids of the containers
// that these replace. A deputy that was made, but nothing to be done by it, is removed.
func (u *Updater) delegated(ctx context.Context, marked []engine.TedgeContainer) (found []Interrupted, old map[string]bool, err error) {
	old = map[string]bool{}
	next := map[string]engine.Container{}
	for _, m := range marked {
		next[m.Container.Labels[LabelReplaces]] = m.Container
	}
	var failures []error
	for _, m := range marked {
		c := m.Container
		if c.Labels[LabelDeputy] == "" {
			continue
		}
		d := &deputy{u, c.Labels[LabelUpdate], strings.TrimSuffix(c.Name, SuffixDeputy), c.Labels[LabelDeputy]}
		n, created := next[d.oldID]
		if !created && c.State == "created" {
			failures = append(failures, u.engine.Remove(ctx, c.Id))
			continue
		}
		old[d.oldID] = true
		r := request.Request{ID: d.id, Op: request.Update, Target: d.target, Image: n.Image}
		found = append(found, Interrupted{r, c.Labels, func(ctx context.Context, _ int, progress func(request.Progress)) request.Result {
			res := request.Result{ID: r.ID, Op: r.Op, Target: r.Target, Image: r.Image, Started: time.Now()}
			if u.life == nil {
				return d.leave(ctx, res)
			}
			progress(request.Progress{ID: r.ID, Op: r.Op, Step: stepDeputy})
			return d.await(res)
		}})
	}
	return found, old, errors.Join(failures...)
}
