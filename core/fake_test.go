package core

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/api"
	"edged/core/policy"
	"edged/core/request"
	"edged/core/update"
	"edged/engine"
	"edged/hooks"
)

// fakeEngine has containers that do as they are told, and notes what it is told.
type fakeEngine struct {
	events chan engine.Event

	mu         sync.Mutex
	containers map[string]*engine.State // by name
	did        []string
	pulling    chan struct{}                 // if set, a pull lasts until it is closed
	away       int                           // so many listings fail
	refuses    bool                          // nothing can be started
	mute       bool                          // no connection is told of before a test tells
	pullErr    error                         // of each pull
	absent     bool                          // no image is there
	images     map[string]engine.StoredImage // by id
	imagesErr  error
	self       string // id of edged's own container
}

// interrupt leaves behind what an update of web that was retired but not promoted does.
func (f *fakeEngine) interrupt(id string) {
	prev, next := "web"+update.SuffixPrev, "web"+update.SuffixNext
	f.containers[prev] = f.containers["web"]
	f.containers[prev].Name = prev
	delete(f.containers, "web")
	f.containers[next] = &engine.State{ID: "id-new", Name: next, Image: "app:2", Status: "created", Labels: map[string]string{
		update.LabelReplaces: "id-web", update.LabelUpdate: id, update.LabelWasRunning: "true",
	}}
}

func (f *fakeEngine) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, fmt.Sprintf(format, args...))
}

func (f *fakeEngine) done() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.did, ", ")
}

func (f *fakeEngine) get(nameOrID string) (*engine.State, error) {
	for name, s := range f.containers {
		if name == nameOrID || s.ID == nameOrID {
			return s, nil
		}
	}
	return nil, fmt.Errorf("container %s: %w", nameOrID, engine.ErrNotFound)
}

// on does something to a container that exists, unless ctx has ended.
func (f *fakeEngine) on(ctx context.Context, nameOrID string, do func(s *engine.State)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.get(nameOrID)
	if err == nil {
		do(s)
	}
	return err
}

func (f *fakeEngine) Events(ctx context.Context) <-chan engine.Event {
	out := make(chan engine.Event)
	go func() {
		defer close(out)
		if !f.mute {
			out <- engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected}
		}
		for {
			select {
			case ev := <-f.events:
				out <- ev
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (f *fakeEngine) List(_ context.Context, o engine.FilterOptions) (found []engine.TedgeContainer, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away > 0 {
		f.away--
		return nil, engine.ErrUnreachable
	}
	for name, s := range f.containers {
		if len(o.Labels) > 0 && s.Labels[o.Labels[0]] == "" {
			continue
		}
		c := engine.TedgeContainer{Name: name, ServiceType: engine.ContainerType, Container: engine.Container{
			Id: s.ID, Name: name, State: s.Status, Image: s.Image, Labels: s.Labels, ProjectName: s.Group, ServiceName: s.Service,
		}}
		if s.Group != "" {
			c.Name, c.ServiceType = s.Group+"@"+s.Service, engine.ContainerGroupType
		}
		found = append(found, c)
	}
	return found, nil
}

func (f *fakeEngine) State(ctx context.Context, nameOrID string) (got engine.State, err error) {
	err = f.on(ctx, nameOrID, func(s *engine.State) { got = *s })
	return got, err
}

func (f *fakeEngine) Stop(ctx context.Context, nameOrID string, timeout *time.Duration) error {
	if timeout != nil {
		f.note("stop %s in %s", nameOrID, *timeout)
	} else {
		f.note("stop %s", nameOrID)
	}
	return f.on(ctx, nameOrID, func(s *engine.State) { s.Running, s.Status = false, "exited" })
}

func (f *fakeEngine) StartContainer(ctx context.Context, nameOrID string) error {
	f.note("start %s", nameOrID)
	f.mu.Lock()
	refuses := f.refuses
	f.mu.Unlock()
	if refuses {
		return engine.ErrConflict
	}
	return f.on(ctx, nameOrID, func(s *engine.State) { s.Running, s.Status, s.StartedAt = true, "running", time.Now() })
}

func (f *fakeEngine) Restart(ctx context.Context, nameOrID string, _ *time.Duration) error {
	f.note("restart %s", nameOrID)
	<-time.After(time.Second)
	return f.on(ctx, nameOrID, func(*engine.State) {})
}

func (f *fakeEngine) Remove(_ context.Context, nameOrID string) error {
	f.note("remove %s", nameOrID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, err := f.get(nameOrID); err == nil {
		delete(f.containers, s.Name)
	}
	return nil
}

func (f *fakeEngine) Rename(ctx context.Context, nameOrID, name string) error {
	return f.on(ctx, nameOrID, func(s *engine.State) {
		delete(f.containers, s.Name)
		s.Name = name
		f.containers[name] = s
	})
}

func (f *fakeEngine) Create(ctx context.Context, spec engine.CreateSpec) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	f.note("create %s of %s", spec.Name, spec.Image)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.containers[spec.Name] = &engine.State{ID: "id-" + spec.Name, Name: spec.Name, Image: spec.Image, Status: "created", Labels: spec.Labels}
	return "id-" + spec.Name, nil
}

func (f *fakeEngine) Pull(ctx context.Context, ref string, _ bool, o engine.ImagePullOptions) error {
	f.note("pull %s %d times", ref, o.MaxAttempts)
	if f.pulling == nil {
		return f.pullErr
	}
	select {
	case <-f.pulling:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fakeEngine) StatsAll(_ context.Context, ids []string) []*engine.Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*engine.Stats, len(ids))
	for i, id := range ids {
		all[i] = engine.NewStats(id)
		all[i].SetStatistics(engine.StatsEntry{CPUPercentage: 50, Memory: 1 << 20, NetworkRx: 100, NetworkTx: 20})
		if _, err := f.get(id); err != nil {
			all[i].SetErrorAndReset(err)
		}
	}
	return all
}

func (f *fakeEngine) ImageReference(_ context.Context, id, ref string) (string, error) {
	if f.absent {
		return "", fmt.Errorf("image %s: %w", id, engine.ErrNoImage)
	}
	return ref + "-" + id, nil
}

func (f *fakeEngine) Image(_ context.Context, ref string) (engine.StoredImage, error) {
	if f.absent {
		return engine.StoredImage{}, engine.ErrNotFound
	}
	return engine.StoredImage{ID: "id-" + ref, Size: 7e6, Arch: "arm64"}, nil
}

func (f *fakeEngine) Images(context.Context) (map[string]engine.StoredImage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.images), f.imagesErr
}

func (f *fakeEngine) RemoveImage(_ context.Context, id string) error {
	f.note("remove image %s", id)
	if strings.Contains(id, "tagged") {
		return engine.ErrConflict
	}
	return nil
}

func (f *fakeEngine) LoadArchive(_ context.Context, path string) ([]string, error) {
	f.note("load")
	text, err := os.ReadFile(path)
	return strings.Fields(string(text)), err
}

func (f *fakeEngine) TagImage(_ context.Context, id, ref string) error {
	f.note("tag %s %s", id, ref)
	return nil
}

func (f *fakeEngine) CreateSharedNetwork(_ context.Context, name string) error {
	f.note("network %s", name)
	return nil
}

func (f *fakeEngine) ComposeUp(_ context.Context, _ io.Writer, project, dir string, _ ...string) error {
	f.note("up %s", project)
	text, err := os.ReadFile(filepath.Join(dir, "docker-compose.yaml"))
	f.mu.Lock()
	defer f.mu.Unlock()
	labels := map[string]string{projectLabel: project, workingDirLabel: dir}
	f.containers[project+"-app"] = &engine.State{
		ID: "id-" + project, Name: project + "-app", Running: true, Status: "running", Group: project, Service: "app", Labels: labels,
	}
	if strings.Contains(string(text), "fails") {
		return engine.ErrConflict
	}
	return err
}

func (f *fakeEngine) ComposeDown(_ context.Context, _ io.Writer, project, dir string) error {
	f.note("down %s", project)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.containers, project+"-app")
	return os.RemoveAll(dir)
}

func (f *fakeEngine) CheckPlatform(context.Context, string) error {
	if f.absent {
		return engine.ErrNotFound
	}
	return nil
}

func (f *fakeEngine) DataRoot(context.Context) (string, error) { return "/", nil }

// PlanClone finds nothing to change: updates have tests of their own.
func (f *fakeEngine) PlanClone(ctx context.Context, nameOrID string, o engine.CloneOptions) (*engine.Plan, error) {
	f.note("plan %s of %s", nameOrID, o.Image)
	return &engine.Plan{}, f.on(ctx, nameOrID, func(*engine.State) {})
}

func (f *fakeEngine) CreateNext(context.Context, *engine.Plan, string, map[string]string) (string, error) {
	return "", engine.ErrConflict
}

func (f *fakeEngine) SelfID(context.Context) (string, error) { return f.self, nil }

func (f *fakeEngine) PlanDeputy(context.Context, string, []string) (*engine.Plan, error) {
	return &engine.Plan{}, nil
}

func (f *fakeEngine) WaitForStop(context.Context, string) error { return nil }

func (f *fakeEngine) ContainerLogs(_ context.Context, w io.Writer, id string, _ engine.LogsOptions) error {
	_, err := fmt.Fprintf(w, "%s%s\nlast of %s\n", strings.Repeat("x", tailBytes), "\xff", id)
	return err
}

// fakeScripts answer by phase and name, such as "before stop".
type fakeScripts struct {
	mu      sync.Mutex
	answers map[string]func(ev hooks.Event) []hooks.Answer
	asked   []hooks.Event

	revision string
	timers   []hooks.Timer
}

func (s *fakeScripts) Revision() string { return s.revision }
func (s *fakeScripts) Scripts() []hooks.Script {
	return []hooks.Script{{File: "a.lua", Timers: s.timers}}
}
func (s *fakeScripts) Sums() map[string]string { return nil }
func (s *fakeScripts) Topics() []string        { return nil }

func (s *fakeScripts) Wants(phase hooks.Phase, name string) bool {
	return s.answers[string(phase)+" "+name] != nil
}

func (s *fakeScripts) Ask(_ context.Context, ev hooks.Event) ([]hooks.Answer, *hooks.Reads) {
	s.mu.Lock()
	s.asked = append(s.asked, ev)
	s.mu.Unlock()
	return s.answers[string(ev.Phase)+" "+ev.Op](ev), nil
}

// questions are what the scripts were asked, in order.
func (s *fakeScripts) questions() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, ev := range s.asked {
		out = append(out, string(ev.Phase)+" "+ev.Op)
	}
	return strings.Join(out, ", ")
}

func always(a ...hooks.Answer) func(hooks.Event) []hooks.Answer {
	return func(hooks.Event) []hooks.Answer { return a }
}

// rig is a Daemon at work in a bubble, with one running container named web.
type rig struct {
	*testing.T
	*Daemon
	eng     *fakeEngine
	scripts *fakeScripts
	told    *kept
	stop    context.CancelFunc
}

// working runs test with a daemon; prepare may change its surroundings before.
func working(t *testing.T, answers map[string]func(hooks.Event) []hooks.Answer, prepare func(e *fakeEngine), test func(r *rig)) {
	synctest.Test(t, func(t *testing.T) { workingIn(t, t.TempDir(), answers, prepare, test) })
}

// workingIn is working within a bubble, with a folder that outlives the daemon.
func workingIn(t *testing.T, dir string, answers map[string]func(hooks.Event) []hooks.Answer, prepare func(e *fakeEngine), test func(r *rig)) {
	workingWith(t, dir, &fakeScripts{answers: answers}, prepare, test)
}

// workingWith is workingIn with scripts that do more than answer.
func workingWith(t *testing.T, dir string, scripts *fakeScripts, prepare func(e *fakeEngine), test func(r *rig)) {
	e := &fakeEngine{events: make(chan engine.Event), containers: map[string]*engine.State{
		"web": {ID: "id-web", Name: "web", Image: "app:1", Status: "running", Running: true},
	}}
	if prepare != nil {
		prepare(e)
	}
	told := &kept{}
	ctx, stop := context.WithCancel(t.Context())
	connect := func(context.Context) (Engine, api.Engine, error) { return e, api.Engine{Type: "fake"}, nil }
	d := New(ctx, connect, asking(dir, scripts, told), told,
		Settings{PullAttempts: 3, Parallel: 1, StateDir: dir, Gate: update.Gate{Healthy: time.Minute, StableFor: 3 * time.Second}}, About{}, quiet)
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	synctest.Wait()
	test(&rig{T: t, Daemon: d, eng: e, scripts: scripts, told: told, stop: stop})
	stop()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

// asking is a policy of these scripts.
func asking(dir string, scripts *fakeScripts, sink *kept) *policy.Policy {
	p := policy.New(policy.Config{
		Fallback: hooks.VerdictAllow, StateDir: dir,
		Read: func() ([]hooks.Source, error) { return nil, nil },
		Load: func([]hooks.Source) (policy.Scripts, error) { return scripts, nil },
	}, sink, quiet)
	p.Boot()
	sink.records = nil
	return p
}

// do makes a request and waits for its first answer.
func (r *rig) do(req request.Request) request.Result {
	r.Helper()
	res, err := r.Do(r.Context(), req, func(request.Progress) {})
	if err != nil {
		r.Fatalf("%s %s: %v", req.Op, req.ID, err)
	}
	synctest.Wait()
	return res
}

func (r *rig) send(ev engine.Event) {
	r.eng.events <- ev
	synctest.Wait()
}
