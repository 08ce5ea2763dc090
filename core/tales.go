package core

import (
	"context"
	"maps"
	"sort"
	"strings"
	"sync"
	"time"

	"edged/engine"
)

const (
	// foldFor is how long after an event further ones of the same service and type
	// are folded into the next one.
	foldFor = 5 * time.Second

	tailLines   = 10               // how many log lines of a failed container are told
	tailBytes   = 2 << 10          // of all of them
	tailTimeout = 10 * time.Second // for reading them
)

// tales tells events, of each service and type at most one in a while: the first at
// once, and then the newest with the number of those that it stands for. It does so
// away from the core loop, because log lines have to be read.
type tales struct {
	sink Sink
	tail func(ctx context.Context, id string) []string
	wake chan struct{}

	mu    sync.Mutex
	open  map[taleKey]*tale
	noted int // so much was taken in
}

type taleKey struct{ service, kind string }

// tale is what is to be told under a key.
type tale struct {
	happening
	number int       // of the newest happening in it
	told   time.Time // the last time
}

func newTales(sink Sink, tail func(context.Context, string) []string) *tales {
	return &tales{sink: sink, tail: tail, wake: make(chan struct{}, 1), open: map[taleKey]*tale{}}
}

// note takes in what happened and returns at once.
func (t *tales) note(h happening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := taleKey{h.event.Service, h.event.Type}
	known := t.open[key]
	if known == nil {
		known = &tale{}
		t.open[key] = known
	}
	h.times += known.times
	known.happening, known.number = h, t.noted
	t.noted++
	poke(t.wake)
}

// run tells until ctx ends, and then what is left.
func (t *tales) run(ctx context.Context) {
	timer := time.NewTimer(foldFor)
	defer timer.Stop()
	for {
		select {
		case <-t.wake:
		case <-timer.C:
		case <-ctx.Done():
			due, _ := t.due(time.Now().Add(foldFor))
			t.tell(context.WithoutCancel(ctx), due)
			return
		}
		due, next := t.due(time.Now())
		t.tell(ctx, due)
		timer.Reset(next)
	}
}

// due takes what may be told now, in the order in which it happened, and says when
// to look again. What happened to a service later waits for what has to wait.
func (t *tales) due(now time.Time) (due []happening, next time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next = time.Hour
	var open []*tale
	for key, known := range t.open {
		wait := known.told.Add(foldFor).Sub(now)
		if wait > 0 {
			next = min(next, wait)
		}
		if known.times > 0 {
			open = append(open, known)
		} else if wait <= 0 {
			delete(t.open, key)
		}
	}
	sort.Slice(open, func(i, j int) bool { return open[i].number < open[j].number })
	waits := map[string]bool{}
	for _, known := range open {
		service := known.event.Service
		if waits[service] = waits[service] || known.told.Add(foldFor).After(now); waits[service] {
			continue
		}
		due = append(due, known.happening)
		known.happening, known.told = happening{}, now
		next = min(next, foldFor)
	}
	return due, next
}

func (t *tales) tell(ctx context.Context, due []happening) {
	for _, h := range due {
		h.event.Fields = maps.Clone(h.event.Fields)
		if h.times > 1 {
			h.event.Fields["count"] = h.times
		}
		if h.failed != "" {
			if lines := t.tail(ctx, h.failed); len(lines) > 0 {
				h.event.Fields["logs"] = lines
			}
		}
		t.sink.Put(h.event)
	}
}

// lastLines reads the end of a container's log; what can't be read is not there.
func (d *Daemon) lastLines(ctx context.Context, id string) []string {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	log := tail{limit: tailBytes}
	if err := d.engine.ContainerLogs(ctx, &log, id, engine.LogsOptions{Tail: "10"}); err != nil {
		d.log.Debug("read the last log lines", "container", id, "error", err)
	}
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(log.String(), "?")), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines[max(0, len(lines)-tailLines):]
}
