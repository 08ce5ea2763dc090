package core

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
	"edged/hooks"
)

// driftSettle is how long a container that has changed is left alone before it is
// looked at: what somebody does to it may take several steps.
const driftSettle = 2 * time.Second

// madeAs is what edged has made of a container.
type madeAs struct {
	Update   string         `json:"update"`   // the label of that name
	Image    string         `json:"image"`    // id
	Revision hooks.Revision `json:"revision"` //
}

// drifts are containers to be compared with what edged has made of them.
type drifts struct {
	wake chan struct{}

	mu      sync.Mutex
	waiting map[string]string // ids by name
	told    map[string]string // by name: the drift that scripts know of
}

func newDrifts() *drifts {
	return &drifts{wake: make(chan struct{}, 1), waiting: map[string]string{}, told: map[string]string{}}
}

// note has a container compared, in a while.
func (s *drifts) note(name, id string) {
	s.mu.Lock()
	s.waiting[name] = id
	s.mu.Unlock()
	poke(s.wake)
}

func (s *drifts) take() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.waiting
	s.waiting = map[string]string{}
	return taken
}

// isNews notes a drift of a container, empty for none, and reports whether scripts are
// to be told.
func (s *drifts) isNews(name, drift string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told[name] == drift {
		return false
	}
	if s.told[name] = drift; drift == "" {
		delete(s.told, name)
	}
	return drift != ""
}

// mayDrift has a container compared that has changed, if a script wants to know.
func (d *Daemon) mayDrift(c watch.Container) {
	if d.policy.Wants(hooks.On, string(hooks.NoticeDrift)) && !d.settings.Filter.excludes(c) && !setAside(c.Name) {
		d.drifts.note(c.Name, c.ID)
	}
}

// allMayDrift is called when scripts are others.
func (d *Daemon) allMayDrift() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.observed {
		d.mayDrift(c)
	}
}

// followDrift compares containers until ctx ends. One that somebody works on waits.
func (d *Daemon) followDrift(ctx context.Context) {
	for {
		select {
		case <-d.drifts.wake:
		case <-ctx.Done():
			return
		}
		if pause(ctx, driftSettle) != nil {
			return
		}
		for name, id := range d.drifts.take() {
			if d.requests.works(request.ContainerKey(name)) {
				d.drifts.note(name, id)
				continue
			}
			d.compareMade(ctx, name, id)
		}
	}
}

// compareMade tells scripts if a container differs from what edged has made of it. Each
// update of edged has a label of its own; whoever copies a container copies the label.
func (d *Daemon) compareMade(ctx context.Context, name, id string) {
	state, err := d.engine.State(ctx, id)
	if err != nil || state.Name != name {
		return
	}
	now := madeAs{Update: state.Labels[update.LabelUpdate], Image: state.ImageID, Revision: revisionOf(state)}
	made, known := d.images.madeOf(name)
	if now.Update != "" && now.Update != made.Update {
		d.images.make(name, now)
		made, known = now, true
	}
	if !known {
		return
	}
	changes := now.Revision.Differences(made.Revision)
	if now.Image != made.Image && !slices.Contains(changes, "image") {
		changes = append([]string{"image"}, changes...)
	}
	drift := ""
	if len(changes) > 0 {
		drift = state.ID + strings.Join(changes, " ")
	}
	if !d.drifts.isNews(name, drift) {
		return
	}
	ev := notice(hooks.NoticeDrift, containerOf(state))
	ev.Current, ev.Desired, ev.Changes = &now.Revision, &made.Revision, changes
	d.describe(ctx, &ev.Current.Image, now.Image)
	d.describe(ctx, &ev.Desired.Image, made.Image)
	d.notices.post(ev)
}
