package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"edged/core/request"
	"edged/core/state"
	"edged/core/update"
	"edged/engine"
)

// softwareEngine is what software management needs of the engine.
type softwareEngine interface {
	LoadArchive(ctx context.Context, path string) ([]string, error)
	TagImage(ctx context.Context, image, ref string) error
	CreateSharedNetwork(ctx context.Context, name string) error
	composer
}

// The ways in which a step is taken back.
const (
	backRemove = "remove" // the container was made
	backImage  = "image"  // the container was of this image
	backStart  = "start"  // the container was stopped
	backTag    = "tag"    // the reference meant this image, or none
	backGroup  = "group"  // the project was installed
)

// back is how one step is taken back. To take back what was not done does nothing.
type back struct {
	What    string `json:"what"`
	Name    string `json:"name,omitempty"`
	Image   madeOf `json:"image,omitzero"`
	Version string `json:"version,omitempty"` // image: as it was listed
	New     bool   `json:"new,omitempty"`     // group: there was none before
}

// journal is what must outlive a power cut in the middle of a transaction, and the
// images that were installed, under the names that they were asked for by.
type journal struct {
	ID     string           `json:"id,omitempty"`   // of the transaction under way
	Self   bool             `json:"self,omitempty"` // all is done but edged's own container
	Back   []back           `json:"back,omitempty"`
	Images []request.Module `json:"images,omitempty"`
}

// maxRemembered is how many names of images are remembered.
const maxRemembered = 200

func (j *journal) remember(m *request.Module) {
	one := request.Module{Name: m.Name, Version: m.Version}
	kept := []request.Module{one}
	for _, i := range j.Images {
		if i != one && len(kept) < maxRemembered {
			kept = append(kept, i)
		}
	}
	j.Images = kept
}

func (d *Daemon) journalFile() state.File { return state.New(d.settings.StateDir, "software") }

func (d *Daemon) readJournal() (j journal) {
	if err := d.journalFile().Load(&j); err != nil {
		d.log.Error("what became of software is not known", "error", err)
	}
	return j
}

// beginJournal is the journal for a new transaction, or for the one that ended with
// edged's own container.
func (a *errand) beginJournal() journal {
	j := a.readJournal()
	return journal{ID: a.request.ID, Self: j.Self && j.ID == a.request.ID, Images: j.Images}
}

// note writes down how the next step is taken back.
func (t *transaction) note(b back) {
	t.journal.Back = append(t.journal.Back, b)
	t.write()
}

func (t *transaction) write() {
	if err := t.journalFile().Write(t.journal); err != nil {
		t.log.Error("a kill would leave the software half done", "error", err)
	}
}

// end makes all that was done last.
func (t *transaction) end() {
	for _, b := range t.journal.Back {
		if b.What == backGroup {
			_ = os.RemoveAll(t.projectDir(b.Name) + update.SuffixPrev)
		}
	}
	t.journal = journal{Images: t.journal.Images}
	t.write()
}

// commitBeforeSelf makes what was done last, before edged's own container is updated:
// the edged that goes on can't take it back.
func (t *transaction) commitBeforeSelf(ctx context.Context) error {
	if _, err := t.removeAll(ctx); err != nil {
		return err
	}
	id := t.journal.ID
	t.end()
	t.journal.ID, t.journal.Self = id, true
	t.write()
	return nil
}

// takeBack undoes the steps, the last one first. It goes on after a failure.
func (t *transaction) takeBack(ctx context.Context) (failures error) {
	for i := len(t.journal.Back) - 1; i >= 0; i-- {
		b := t.journal.Back[i]
		t.progress("rollback", b.Name+b.Image.Ref, 0, 0)
		if err := t.takeBackOne(ctx, i+1, b); err != nil {
			failures = errors.Join(failures, fmt.Errorf("%s: %w", b.Name+b.Image.Ref, err))
		}
		if ctx.Err() != nil {
			return update.ErrShutdown
		}
	}
	t.end()
	return failures
}

func (t *transaction) takeBackOne(ctx context.Context, n int, b back) error {
	var err error
	switch b.What {
	case backRemove:
		if err = t.engine.Stop(ctx, b.Name, t.grace()); err == nil {
			err = t.engine.Remove(ctx, b.Name)
		}
		if errors.Is(err, engine.ErrNotFound) {
			return nil
		}
	case backImage:
		err = t.putBack(ctx, n, b)
	case backStart:
		err = t.engine.StartContainer(ctx, b.Name)
	case backTag:
		if b.Image.ID != "" {
			return t.engine.TagImage(ctx, b.Image.ID, b.Image.Ref)
		}
		err = t.engine.RemoveImage(ctx, b.Image.Ref)
		if errors.Is(err, engine.ErrNotFound) || errors.Is(err, engine.ErrConflict) {
			return nil // it was not brought, or somebody uses it by now
		}
	case backGroup:
		err = t.putBackGroup(ctx, b)
	}
	return err
}

// putBack updates a container to what it was made of.
func (t *transaction) putBack(ctx context.Context, n int, b back) error {
	now, err := t.engine.State(ctx, b.Name)
	if err != nil {
		return err
	}
	if now.ImageID == b.Image.ID && now.Labels[engine.LabelModuleVersion] == b.Version {
		return nil
	}
	ref, err := t.engine.ImageReference(ctx, b.Image.ID, b.Image.Ref)
	if err != nil {
		return err
	}
	c := t.child(-n, request.Rollback, b.Name, ref) // an id that no step has
	c.request.Options = request.Options{NoPull: true, Labels: map[string]string{engine.LabelModuleVersion: b.Version}}
	c.res = c.replace(ctx)
	c.alarm(c.request, c.res)
	if !c.res.Outcome.OK() {
		return c.unfinished()
	}
	return nil
}

// takeBackSoftware has what an earlier run of edged has left in the middle taken back.
// Who asked for it over MQTT will have it done anew.
func (d *Daemon) takeBackSoftware() {
	j := d.readJournal()
	if j.ID == "" || j.Self {
		return
	}
	r := request.Request{ID: j.ID, Op: request.SoftwareUpdate}
	err := d.requests.claim(d.life, r, func(ctx context.Context, job *job) request.Result {
		res := request.Result{ID: r.ID, Op: r.Op, Started: job.started}
		t := &transaction{errand: &errand{Daemon: d, job: job, request: r, res: res}, journal: j}
		for _, b := range j.Back {
			if t.hold(ctx, request.ContainerKey(b.Name)) != nil {
				return calledOff(ctx, res)
			}
		}
		return t.undo(ctx, &request.Module{}, errors.New("edged was interrupted"))
	})
	if err != nil {
		d.log.Error("take back software", "error", err)
	}
}

// findSelf finds the container that edged runs in.
func (d *Daemon) findSelf(ctx context.Context) {
	id, err := d.engine.SelfID(ctx)
	var s engine.State
	if err == nil && id != "" {
		s, err = d.engine.State(ctx, id)
	}
	if err != nil {
		d.log.Warn("the container that edged runs in is not known", "error", err)
	}
	d.self, d.selfName = s.ID, strings.TrimSuffix(s.Name, update.SuffixPrev)
}
