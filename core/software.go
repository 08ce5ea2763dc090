package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"time"

	"edged/core/download"
	"edged/core/request"
	"edged/core/update"
	"edged/engine"
)

// transaction brings modules of software to what is wanted, all of them or none: each
// step is written down with its undo before it is done. Installations come in their
// order; what is to be removed is stopped at its turn, and removed when all else is done.
type transaction struct {
	*errand
	journal journal
	remove  []removal
	changed bool
}

// removal is what is done for a module at the end.
type removal struct {
	module *request.Module
	do     func(ctx context.Context) error
}

// unfinished says that a step has come to another end than it should.
type unfinished struct {
	res   request.Result
	delay time.Duration // see errand
	holds int
}

func (u *unfinished) Error() string { return u.res.Reason }

// software carries out what software management wants.
func (a *errand) software(ctx context.Context) request.Result {
	t := &transaction{errand: a, journal: a.beginJournal()}
	modules := request.Goals(a.request.Modules)
	sort.SliceStable(modules, func(i, j int) bool { return !t.own(&modules[i]) && t.own(&modules[j]) }) // it ends edged
	for i := range modules {
		if t.hold(ctx, modules[i].Key()) != nil {
			return calledOff(ctx, a.res)
		}
	}
	if m, err := t.download(ctx, modules); err != nil {
		return t.undo(ctx, m, err)
	}
	for i := range modules {
		if err := t.step(ctx, i+1, &modules[i]); err != nil {
			return t.undo(ctx, &modules[i], err)
		}
	}
	if m, err := t.removeAll(ctx); err != nil {
		return t.undo(ctx, m, err)
	}
	t.end()
	_ = os.RemoveAll(t.downloads())
	if !t.changed {
		return ended(a.res, request.Unchanged, nil)
	}
	return ended(a.res, request.Committed, nil)
}

// hold takes what nobody else may work on meanwhile, as soon as nobody does: it may be our
// own, such as an update that was interrupted. It fails when ctx ends.
func (t *transaction) hold(ctx context.Context, key string) error {
	for t.requests.take(t.job, key) != nil {
		if err := pause(ctx, busyRetry); err != nil {
			return err
		}
	}
	return nil
}

// own reports whether m is the container that edged runs in.
func (t *transaction) own(m *request.Module) bool {
	return m.Type == request.TypeContainer && m.Name == t.selfName
}

// removeAll removes what has been stopped for it.
func (t *transaction) removeAll(ctx context.Context) (*request.Module, error) {
	for ; len(t.remove) > 0; t.remove = t.remove[1:] {
		if err := t.remove[0].do(context.WithoutCancel(ctx)); err != nil {
			return t.remove[0].module, err
		}
	}
	return nil, nil
}

// child is the n-th step as a request of its own, which scripts are asked about.
func (t *transaction) child(n int, op request.Op, target, image string) *errand {
	c := *t.errand
	r := &c.request
	r.ID += "-" + strconv.Itoa(n)
	r.Op, r.Target, r.Image, r.Modules, r.Via, r.Extra = op, target, image, nil, "", nil
	c.res.ID, c.res.Op, c.res.Target, c.res.Image = r.ID, op, target, image
	return &c
}

// once asks about the errand and does it.
func (a *errand) once(ctx context.Context) error {
	ev, err := a.event(ctx)
	if err == nil {
		err = a.ask(ctx, ev)
	}
	if err != nil {
		return err
	}
	a.res = a.do(ctx)
	if a.res.Outcome.Final() {
		a.tellAfter(ctx, ev, a.res)
	}
	if !a.res.Outcome.OK() {
		return a.unfinished()
	}
	return nil
}

func (a *errand) unfinished() error { return &unfinished{a.res, a.delay, a.holds} }

// step does what is wanted of one module, or as much as can be undone.
func (t *transaction) step(ctx context.Context, n int, m *request.Module) error {
	switch install := m.Action == request.ActionInstall; {
	case m.Type == request.TypeContainer && install:
		return t.installContainer(ctx, n, m)
	case m.Type == request.TypeContainer:
		return t.removeContainer(ctx, n, m)
	case m.Type == request.TypeGroup && install:
		return t.installGroup(ctx, n, m)
	case m.Type == request.TypeGroup:
		return t.removeGroup(ctx, n, m)
	case install:
		return t.installImage(ctx, n, m)
	default:
		return t.removeImage(ctx, m)
	}
}

// progress tells what is being done.
func (t *transaction) progress(step, text string, got, total int64) {
	t.job.progress(request.Progress{
		ID: t.request.ID, Op: t.request.Op, Step: step, Text: text, Percent: percent(got, total), Bytes: got, Total: total,
	})
}

func (t *transaction) downloads() string { return filepath.Join(t.settings.StateDir, "download") }

// download fetches the files of the modules, before anything is touched. What is there of
// other files is removed.
func (t *transaction) download(ctx context.Context, modules []request.Module) (*request.Module, error) {
	var urls []string
	for i := range modules {
		urls = append(urls, modules[i].URL)
	}
	download.Clean(t.downloads(), urls)
	for i := range modules {
		m := &modules[i]
		if m.URL == "" || m.Action != request.ActionInstall {
			continue
		}
		path, err := download.File{
			URL: m.URL, SHA256: m.SHA256, Dir: t.downloads(),
			Attempts: t.settings.PullAttempts, Wait: t.settings.PullWait, Silence: t.settings.PullSilence,
			Progress: func(got, total int64) { t.progress("download", m.Name, got, total) },
		}.Fetch(ctx)
		if err != nil {
			return m, err
		}
		m.File = path
	}
	return nil, nil
}

func (t *transaction) installContainer(ctx context.Context, n int, m *request.Module) error {
	c := t.child(n, request.Install, m.Name, m.Version)
	o := &c.request.Options
	if m.File != "" {
		ref, err := t.load(ctx, m.File, m.Version)
		if err != nil {
			return err
		}
		c.request.Image, o.NoPull = ref, true
	}
	s, err := c.engine.State(ctx, m.Name)
	switch label := s.Labels[engine.LabelModuleVersion]; {
	case errors.Is(err, engine.ErrNotFound):
		if err := t.makeNetwork(ctx); err != nil {
			return err
		}
		o.Restart, o.Network = "unless-stopped", t.settings.Network
		t.note(back{What: backRemove, Name: m.Name})
	case err != nil:
		return err
	case s.Group != "":
		return fmt.Errorf("it belongs to the project %s", s.Group)
	case !t.own(m):
		t.note(back{What: backImage, Name: m.Name, Image: madeOf{Ref: s.Image, ID: s.ImageID}, Version: label})
	case !t.journal.Self:
		if err := t.commitBeforeSelf(ctx); err != nil {
			return err
		}
	case version(s.Labels, s.Image) != m.Version: // an earlier run of edged has had it updated
		return fmt.Errorf("it was tried, and %s is still of %s", m.Name, s.Image)
	default:
		t.changed = true
		return nil
	}
	if m.Version != "" && (s.Image != m.Version || s.Labels[engine.LabelModuleVersion] != "") {
		o.Labels = map[string]string{engine.LabelModuleVersion: m.Version}
	}
	err = c.once(ctx)
	c.alarm(c.request, c.res)
	t.changed = t.changed || c.res.Changed
	return err
}

// makeNetwork makes the network that what is installed has in common.
func (t *transaction) makeNetwork(ctx context.Context) error {
	if t.settings.Network == "" {
		return nil
	}
	return t.engine.CreateSharedNetwork(ctx, t.settings.Network)
}

// load brings an image from an archive, and returns its reference: the one that is
// wanted, or that of the only image in it.
func (t *transaction) load(ctx context.Context, path, want string) (string, error) {
	t.progress("load", want, 0, 0)
	had, unknown := t.engine.Images(ctx)
	names, err := t.engine.LoadArchive(ctx, path)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if len(names) == 1 || engine.ImageRefsEqual(name, want) {
			t.noteBrought(ctx, name, had, unknown)
			return name, nil
		}
	}
	return "", fmt.Errorf("load image %s: %w: the archive has %q", want, engine.ErrNoImage, names)
}

// removeContainer stops a container that is to be removed.
func (t *transaction) removeContainer(ctx context.Context, n int, m *request.Module) error {
	s, err := t.engine.State(ctx, m.Name)
	if have := version(s.Labels, s.Image); errors.Is(err, engine.ErrNotFound) ||
		err == nil && m.Version != "" && m.Version != have && !engine.ImageRefsEqual(m.Version, have) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.retire(ctx, n, m, s, func(ctx context.Context) error {
		t.images.removed(s.Name)
		return t.engine.Remove(ctx, s.ID)
	})
}

// retire stops a container, and has it removed at the end by remove.
func (t *transaction) retire(ctx context.Context, n int, m *request.Module, s engine.State, remove func(context.Context) error) error {
	if s.ID == t.self {
		return errOwn(s.Name)
	}
	c := t.child(n, request.Remove, s.Name, "")
	ev, err := c.event(ctx)
	if err == nil {
		err = c.ask(ctx, ev)
	}
	if err != nil {
		return err
	}
	if s.Running {
		t.note(back{What: backStart, Name: s.ID})
		if err := c.engine.Stop(context.WithoutCancel(ctx), s.ID, c.grace()); err != nil {
			return err
		}
	}
	t.changed = true
	t.remove = append(t.remove, removal{m, func(ctx context.Context) error {
		if err := remove(ctx); err != nil {
			return err
		}
		c.tellAfter(ctx, ev, ended(c.res, request.Committed, nil))
		return nil
	}})
	return nil
}

func errOwn(name string) error { return fmt.Errorf("remove %s: edged itself runs in it", name) }

func (t *transaction) installImage(ctx context.Context, n int, m *request.Module) error {
	ref := engine.BuildImageRef(m.Name, m.Version)
	had, err := t.engine.Image(ctx, ref)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	t.note(back{What: backTag, Image: madeOf{Ref: ref, ID: had.ID}})
	c := t.child(n, request.Pull, "", ref)
	if m.File == "" {
		err = c.once(ctx)
	} else {
		err = c.loadAsked(ctx, t, m.File, ref)
	}
	if err != nil {
		return err
	}
	now, err := t.engine.Image(ctx, ref)
	t.changed = t.changed || now.ID != had.ID
	t.journal.remember(m)
	return err
}

// loadAsked is load for an image that scripts are asked about as if it were pulled, and
// that must be the one that is wanted.
func (a *errand) loadAsked(ctx context.Context, t *transaction, path, ref string) error {
	ev, err := a.pullEvent(ctx, ref)
	if err == nil {
		err = a.ask(ctx, ev)
	}
	if err != nil {
		return err
	}
	name, err := t.load(ctx, path, ref)
	if err == nil && !engine.ImageRefsEqual(name, ref) {
		err = fmt.Errorf("load image %s: %w: the archive has %s", ref, engine.ErrNoImage, name)
	}
	return err
}

// removeImage has the names of an image removed at the end, when its containers are gone.
func (t *transaction) removeImage(ctx context.Context, m *request.Module) error {
	all, err := t.listImages(ctx)
	for _, i := range all {
		if i.Name != m.Name || m.Version != "" && i.Version != m.Version {
			continue
		}
		t.changed = true
		t.remove = append(t.remove, removal{m, func(ctx context.Context) error {
			if err := t.engine.RemoveImage(ctx, i.ref); err != nil && !errors.Is(err, engine.ErrNotFound) {
				return err
			}
			return nil
		}})
	}
	return err
}

// undo takes back what was done before the step for m failed, and says what came of that.
func (t *transaction) undo(ctx context.Context, m *request.Module, why error) request.Result {
	if errors.Is(context.Cause(ctx), update.ErrShutdown) {
		return t.res // the next start goes on
	}
	began := len(t.journal.Back) > 0
	err := t.takeBack(t.life)
	if errors.Is(err, update.ErrShutdown) {
		return t.res
	}
	res := t.refused(why)
	var u *unfinished
	if errors.As(why, &u) {
		res.Outcome, res.Retry, res.Failure, res.Until = u.res.Outcome, u.res.Retry, u.res.Failure, u.res.Until
		t.delay, t.holds = u.delay, u.holds
	}
	if !res.Retry && res.Outcome != request.Deferred {
		_ = os.RemoveAll(t.downloads())
	}
	res.Module = &request.Module{Type: m.Type, Name: m.Name, Version: m.Version, Action: m.Action}
	res.Reason = m.Action + " " + m.Name + ": " + why.Error()
	switch {
	case err != nil:
		res.Outcome, res.Reason = request.Broken, res.Reason+"; and not all could be taken back: "+err.Error()
	case ctx.Err() != nil:
		res.Outcome = request.Cancelled
	case res.Outcome == request.Deferred, res.Outcome == request.Denied, res.Outcome == request.Broken:
	case began:
		res.Outcome = request.RolledBack
	default:
		res.Outcome = request.Failed
	}
	return res
}
