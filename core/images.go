package core

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"edged/core/state"
)

// keptBefore is how many images are remembered that a container was made of before: the
// last one, and the one before that, in case an update does not get so far.
const keptBefore = 2

// madeOf is an image that a container is made of, or was.
type madeOf struct {
	Ref string `json:"ref"` // as the container was configured
	ID  string `json:"id"`  // what that meant then
}

// images remembers what edged has made containers of, and which images it has brought. It is written when that changes,
// never at rest. What can't be written is logged; what can't be read is not known, so
// that there is nothing to go back to and nothing to prune.
type images struct {
	file state.File
	log  *slog.Logger

	mu     sync.Mutex
	loaded bool
	known  imageFile
}

// broughtImage is an image that was not on the device before edged fetched it.
type broughtImage struct {
	Ref string    `json:"ref"`
	At  time.Time `json:"at"`
}

// imageFile is the form on the disk.
type imageFile struct {
	Before  map[string][]madeOf     `json:"before,omitempty"`  // by container: what it was made of when an update began, oldest first
	Brought map[string]broughtImage `json:"brought,omitempty"` // by id
	Made    map[string]madeAs       `json:"made,omitempty"`    // by container: what edged has made of it, if a script wants to know
}

func newImages(dir string, log *slog.Logger) *images {
	return &images{file: state.New(dir, "images"), log: log}
}

// load reads the file, once; the caller holds the lock.
func (i *images) load() *imageFile {
	if !i.loaded {
		i.loaded = true
		if err := i.file.Load(&i.known); err != nil {
			i.log.Error("the images before are not known", "error", err)
			i.known = imageFile{}
		}
		if i.known.Before == nil {
			i.known.Before = map[string][]madeOf{}
		}
		if i.known.Brought == nil {
			i.known.Brought = map[string]broughtImage{}
		}
		if i.known.Made == nil {
			i.known.Made = map[string]madeAs{}
		}
	}
	return &i.known
}

// replacing notes what a container is made of before an update begins. If that comes to
// nothing, no harm is done: [images.before] leaves out what the container is made of.
func (i *images) replacing(container string, now madeOf) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.load()
	list := slices.DeleteFunc(slices.Clone(known.Before[container]), func(m madeOf) bool { return m.ID == now.ID })
	list = append(list, now)
	list = list[max(0, len(list)-keptBefore):]
	if !slices.Equal(list, known.Before[container]) {
		known.Before[container] = list
		i.write()
	}
}

// before is what a container was made of that is made of the image now, before that.
func (i *images) before(container, now string) (madeOf, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.load().Before[container]
	for n := len(list) - 1; n >= 0; n-- {
		if list[n].ID != now {
			return list[n], true
		}
	}
	return madeOf{}, false
}

// removed forgets a container.
func (i *images) removed(container string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.load()
	_, made := known.Made[container]
	if _, ok := known.Before[container]; ok || made {
		delete(known.Before, container)
		delete(known.Made, container)
		i.write()
	}
}

// madeOf is what edged has made of a container.
func (i *images) madeOf(container string) (madeAs, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	m, ok := i.load().Made[container]
	return m, ok
}

// make notes what edged has made of a container.
func (i *images) make(container string, m madeAs) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.load().Made[container] = m
	i.write()
}

// bring notes an image that edged has brought.
func (i *images) bring(id string, b broughtImage) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.load().Brought[id] = b
	i.write()
}

// forget is called when an image is gone.
func (i *images) forget(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.load().Brought, id)
	i.write()
}

// all are the images that edged has brought, and the ids of those that a container can
// be put back to.
func (i *images) all() (brought map[string]broughtImage, before map[string]bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.load()
	before = map[string]bool{}
	for _, list := range known.Before {
		for _, m := range list {
			before[m.ID] = true
		}
	}
	return maps.Clone(known.Brought), before
}

// write puts everything on the disk; the caller holds the lock.
func (i *images) write() {
	if err := i.file.Write(i.known); err != nil {
		i.log.Error("the images before can't be kept", "error", err)
	}
}
