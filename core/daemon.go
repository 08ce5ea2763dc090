package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"edged/core/api"
	"edged/core/device"
	"edged/core/policy"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
	"edged/hooks"
)

// Engine is what the daemon needs of the engine beside what watching and
// updating need.
type Engine interface {
	watch.Engine
	update.Engine
	Pull(ctx context.Context, ref string, always bool, opts engine.ImagePullOptions) error
	ImageReference(ctx context.Context, id, ref string) (string, error)
	Image(ctx context.Context, ref string) (engine.StoredImage, error)
	Images(ctx context.Context) (map[string]engine.StoredImage, error)
	RemoveImage(ctx context.Context, id string) error
	CheckPlatform(ctx context.Context, ref string) error
	Create(ctx context.Context, spec engine.CreateSpec) (id string, err error)
	Restart(ctx context.Context, nameOrID string, timeout *time.Duration) error
	StatsAll(ctx context.Context, containerIDs []string) []*engine.Stats
	DataRoot(ctx context.Context) (string, error)
	softwareEngine
}

// Sink takes records without blocking.
type Sink interface {
	Put(r report.Record)
}

// Settings are the parts of the configuration that the daemon itself needs.
type Settings struct {
	PullAttempts   int                 // how often a pull is tried
	PullWait       time.Duration       // the longest pause between two tries
	PullSilence    time.Duration       // how long a try may go without a word from the engine; 0 is without an end
	Login          Login               // at the registries of images; nil: none
	Gate           update.Gate         // what an updated container must stand
	StopTimeout    *time.Duration      // from the stop signal to the kill; nil is the container's own
	Parallel       int                 // how many pulls, installs and updates are carried out at the same time
	Filter         Filter              // which containers are none of edged's business
	Telemetry      time.Duration       // how often it is told what containers use; 0: never
	CrashLoop      CrashLoop           // when a container that ends again and again is an alarm
	ModuleNames    bool                // a module name stands in for a compose project's in the names of services
	Commands       map[string][]string // that scripts may have run: name -> program and arguments
	CommandTimeout time.Duration       // the longest time for one of them
	Network        string              // that what software management installs joins; empty: the engine's
	StateDir       string              // folder of what must outlive a reboot
	Deputy         []string            // the command that calls [Deputise]; the engine's address and the order are added to it
}

// Login gives the value of X-Registry-Auth for pulling an image, empty where no login is known. With renew the registry
// has not taken what it gave before.
type Login func(ctx context.Context, ref string, renew bool) (string, error)

// Connect waits for the engine, as long as it takes or until ctx ends, and says
// which it is.
type Connect func(ctx context.Context) (Engine, api.Engine, error)

// Daemon is edged at work.
type Daemon struct {
	connect   Connect
	about     About
	policy    *policy.Policy
	sink      Sink
	settings  Settings
	log       *slog.Logger
	requests  *requests
	deferrals *deferrals
	images    *images
	drifts    *drifts
	slots     chan struct{} // see slot
	notices   *notices
	services  *services
	since     time.Time

	leftovers *leftovers
	tales     *tales
	crashes   *crashes
	all       bool          // the containers that there were at the start are known
	complete  chan struct{} // closed then

	life  context.Context // of requests: outlives whoever asked
	ready chan struct{}   // closed when what follows is set
	pulse chan struct{}   // taken by the loop, see Alive

	engine   Engine
	identity api.Engine
	watcher  *watch.Watcher
	updater  *update.Updater
	self     string // id of the container that edged runs in; empty: none
	selfName string

	online  atomic.Bool            // the broker can be reached
	trouble atomic.Pointer[string] // what is wrong with that

	retime chan struct{} // readable when scripts have other timers
	device *device.Device
	disk   atomic.Pointer[string] // where the engine keeps images
	wanted chan struct{}          // readable when somebody wants to know that

	mu       sync.Mutex
	observed map[string]watch.Container // what exists, by id

	described map[string]engine.StoredImage // of images that scripts were shown, by id
	broken    map[string]int                // how many times in a row each container was told to be, by name; 0: told not to be
}

// New returns a Daemon that does nothing until it is run. Requests may be made at
// once; they wait for the engine. When ctx ends, edged ends.
func New(ctx context.Context, connect Connect, p *policy.Policy, sink Sink, s Settings, about About, log *slog.Logger) *Daemon {
	d := &Daemon{
		connect: connect, about: about, policy: p, sink: sink, settings: s, log: log,
		requests:  newRequests(sink, log),
		slots:     make(chan struct{}, max(s.Parallel, 1)),
		since:     time.Now(),
		ready:     make(chan struct{}),
		pulse:     make(chan struct{}),
		observed:  map[string]watch.Container{},
		described: map[string]engine.StoredImage{},
		deferrals: newDeferrals(s.StateDir, p.Revision, log),
		images:    newImages(s.StateDir, log),
		drifts:    newDrifts(),
		leftovers: newLeftovers(),
		complete:  make(chan struct{}),
		crashes:   newCrashes(s.CrashLoop),
		broken:    map[string]int{},
	}
	d.retime, d.wanted = make(chan struct{}, 1), make(chan struct{}, 1)
	d.life, d.device = lifeOf(ctx), device.New(d.dataRoot)
	d.requests.over = func(j *job) {
		d.deferrals.drop(j)
		d.alarm(j.request, *j.result)
	}
	p.OnChange(func() { d.requests.wake(func(*job) bool { return true }) }) // other scripts may see no need to wait
	p.OnChange(d.reset)
	p.OnChange(d.allMayDrift)
	d.notices = newNotices(p, d.look, d.act)
	d.tales = newTales(sink, d.lastLines)
	d.services = newServices(s.Filter.excludes, s.ModuleNames)
	return d
}

// Run watches and works until ctx ends, and then waits for the requests under
// way to reach a state that the next start can go on from.
func (d *Daemon) Run(ctx context.Context) error {
	defer d.requests.close()
	e, identity, err := d.connect(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connect to the container engine: %w", err)
	}
	d.engine, d.identity = e, identity
	d.watcher = watch.New(e, d.log)
	d.updater = newUpdater(d.life, e, identity, d.watcher, d.settings, d.log)

	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { d.watcher.Run(ctx) })
	loops.Go(func() { d.tales.run(ctx) })
	loops.Go(func() { d.measure(ctx) })
	loops.Go(func() { d.findDisk(ctx) })
	if err := d.resume(ctx); err != nil {
		d.log.Error("recover", "error", err)
	}
	d.notices.post(notice(hooks.NoticeBoot, nil))
	loops.Go(func() {
		d.open(ctx)
		// A script that hears of something too early would take what has not been listed for what is not there.
		select {
		case <-d.complete:
		case <-ctx.Done():
			return
		}
		loops.Go(func() { d.notices.run(d.life) })
		loops.Go(func() { d.keepTime(ctx) })
		loops.Go(func() { d.followDrift(ctx) })
	})
	d.loop(ctx)
	d.policy.Decide(context.WithoutCancel(ctx), notice(hooks.NoticeShutdown, nil)) // too late for actions
	return nil
}

// open does what comes before the first request. What containers are is told
// meanwhile: to find its own, edged may have to look at each of them.
func (d *Daemon) open(ctx context.Context) {
	d.findSelf(ctx)
	d.takeBackSoftware()
	d.restore()
	close(d.ready)
}

// resumeRetry is the pause before an engine that was away when edged looked for
// interrupted updates is asked again.
const resumeRetry = time.Second

// resume ends what an earlier run left in the middle. Each interrupted update
// becomes a request under way, so that nothing else touches its container.
func (d *Daemon) resume(ctx context.Context) error {
	r := &recovery{updater: d.updater, filter: d.settings.Filter, attempts: newAttempts(d.settings.StateDir, d.log), log: d.log}
	interrupted, err := r.find(ctx)
	for errors.Is(err, engine.ErrUnreachable) && pause(ctx, resumeRetry) == nil {
		interrupted, err = r.find(ctx)
	}
	for _, i := range interrupted {
		err = errors.Join(err, d.requests.takeUp(d.life, i.Request(), func(ctx context.Context, j *job) request.Result {
			return r.resume(ctx, i, j.progress)
		}))
	}
	return err
}

// loop tells every change at once, and lets scripts see it afterwards. What is left
// over on the broker is settled when all containers are known.
func (d *Daemon) loop(ctx context.Context) {
	listed, noted := d.watcher.Listed(), (<-chan struct{})(nil)
	soak := time.NewTimer(time.Hour)
	defer soak.Stop()
	for {
		select {
		case <-d.watcher.Changed():
			d.take()
		case <-listed:
			d.take()
			listed, noted, d.all = nil, d.leftovers.noted, true
			close(d.complete)
		case <-noted:
			d.settle()
		case <-soak.C:
		case <-d.pulse:
		case <-ctx.Done():
			return
		}
		cleared, next := d.crashes.due(time.Now())
		for _, r := range cleared {
			d.sink.Put(r)
		}
		soak.Reset(next)
	}
}

// take takes in what has changed.
func (d *Daemon) take() {
	for _, ch := range d.watcher.Take() {
		for _, r := range d.services.apply(ch, time.Now()) {
			d.sink.Put(r)
		}
		d.observe(ch)
		d.chronicle(ch)
		d.mindStray(ch)
		d.notify(ch)
		if !ch.Gone {
			d.mayDrift(ch.Container)
		}
	}
}

// observe keeps the table that others look at.
func (d *Daemon) observe(ch watch.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ch.Gone {
		delete(d.observed, ch.Container.ID)
		return
	}
	d.observed[ch.Container.ID] = ch.Container
}
