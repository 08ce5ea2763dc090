package update

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/core/request"
	"edged/engine"
)

// Install has create make the container r.Target, labelled by [LabelUpdate] with the
// request's id, starts it, and has it stand the gate as the new container of an update
// does. One that fails is removed: where there was none before, there is none then.
//
// One like another container is started and left to itself, since it may well end at once.
//
// When ctx ends, the container is removed, too; with [ErrShutdown] as its cause a
// container that was made is started first and left to who asks for it again.
func (u *Updater) Install(ctx context.Context, r request.Request, create func(context.Context) (string, error), progress func(request.Progress)) request.Result {
	t := u.installation(r)
	t.gate, t.progress = u.gate.asked(r.Options), progress
	t.plain = r.Options.Like != ""
	return t.install(ctx, create)
}

func (u *Updater) installation(r request.Request) *transaction {
	return &transaction{
		Updater: u, op: request.Install, id: r.ID, name: r.Target, wasRunning: true, gate: u.gate,
		timing: request.Timing{To: r.Image},
	}
}

func (t *transaction) install(ctx context.Context, create func(context.Context) (string, error)) request.Result {
	res := t.newResult()
	for _, s := range []step{
		{"create", func(t *transaction, ctx context.Context) (err error) {
			t.newID, err = create(context.WithoutCancel(ctx))
			t.touched = err == nil
			return err
		}},
		start, gate,
	} {
		if t.plain && s.name == "gate" {
			break
		}
		err := t.calledOff(ctx)
		if err == nil {
			t.tell(s.name)
			err = s.do(t, ctx)
		}
		if errors.Is(err, ErrShutdown) && t.touched {
			return res
		}
		if err != nil {
			return t.withdraw(ctx, res, err)
		}
	}
	return ended(res, request.Committed, "")
}

// withdraw removes what an installation has made, because of cause.
func (t *transaction) withdraw(ctx context.Context, res request.Result, cause error) request.Result {
	work := context.WithoutCancel(ctx)
	t.findMade(ctx)
	res.Failure = t.exitOf(work)
	cause = explained(cause, res.Failure)
	if t.newID == "" {
		return failed(ctx, res, cause)
	}
	t.tell("rollback")
	t.keepLog(work, res.Failure)
	err := t.persist(ctx, func(ctx context.Context) error {
		if err := t.engine.Stop(ctx, t.newID, nil); err != nil && !isGone(err) {
			return err
		}
		return t.engine.Remove(ctx, t.newID)
	})
	switch {
	case errors.Is(err, ErrShutdown):
		return res
	case err != nil && !isGone(err):
		return ended(res, request.Broken, fmt.Sprintf("%v; and it could not be removed: %v", cause, err))
	}
	return failed(ctx, res, cause)
}

// findMade looks for a container of ours whose creation was not answered.
func (t *transaction) findMade(ctx context.Context) {
	if t.newID != "" {
		return
	}
	_ = t.persist(ctx, func(ctx context.Context) error {
		s, err := t.engine.State(ctx, t.name)
		if err == nil && Installed(s, t.id) {
			t.newID = s.ID
		}
		return err
	})
}

// Installed reports whether the container was made by the installation of that id,
// and was not updated since.
func Installed(s engine.State, id string) bool {
	return s.Labels[LabelUpdate] == id && s.Labels[LabelReplaces] == "" && s.Labels[LabelDeputy] == ""
}

// unstarted finds an installation that ended between the creation and the start. What
// was started is what was asked for, and judged when it is asked for again.
func (u *Updater) unstarted(ctx context.Context, m engine.TedgeContainer) (*Interrupted, error) {
	s, err := u.engine.State(ctx, m.Container.Id)
	if isGone(err) || err == nil && (s.Running || !s.StartedAt.IsZero()) {
		return nil, nil
	}
	id := m.Container.Labels[LabelUpdate]
	if err != nil {
		return nil, fmt.Errorf("recover installation %s: %w", id, err)
	}
	r := request.Request{ID: id, Op: request.Install, Target: m.Container.Name, Image: m.Container.Image}
	t := u.installation(r)
	t.newID = s.ID
	return &Interrupted{r, func(ctx context.Context, _ int, progress func(request.Progress)) request.Result {
		t.progress = progress
		res := t.newResult()
		res.Started = time.Now()
		return t.withdraw(ctx, res, errors.New("edged was interrupted during the installation"))
	}}, nil
}
