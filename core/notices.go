package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"edged/core/policy"
	"edged/core/report"
	"edged/core/request"
	"edged/core/update"
	"edged/core/watch"
	"edged/hooks"
)

// maxMessages is how many MQTT messages can wait for scripts, each of another topic.
const maxMessages = 32

// notices lets scripts see what happened, one notice after the other, away from
// the core loop. Of one container and kind only the newest waits: a storm costs
// neither memory nor time.
type notices struct {
	policy *policy.Policy
	look   func(context.Context, *hooks.Event) // completes an event by what the engine knows
	act    func(hooks.Event, hooks.Decision)
	wake   chan struct{}

	mu      sync.Mutex
	order   []string
	waiting map[string]hooks.Event
}

func newNotices(p *policy.Policy, look func(context.Context, *hooks.Event), act func(hooks.Event, hooks.Decision)) *notices {
	return &notices{policy: p, look: look, act: act, wake: make(chan struct{}, 1), waiting: map[string]hooks.Event{}}
}

// notice makes the event of something that happened to a container, or to edged.
func notice(n hooks.Notice, c *hooks.Container) hooks.Event {
	now := time.Now().UTC()
	ev := hooks.Event{
		ID: string(n) + "-" + strings.ToLower(rand.Text()), Phase: hooks.On, Op: string(n), Time: now,
		Trigger: hooks.TriggerEngine, Container: c,
	}
	if c != nil {
		if img, err := hooks.ParseImage(c.Image); err == nil {
			ev.Image = &img
		}
	}
	return ev
}

// post queues a notice, if a script listens.
func (n *notices) post(ev hooks.Event) {
	if !n.policy.Wants(hooks.On, ev.Op) {
		return
	}
	key := ev.Op + ev.Timer
	if ev.Container != nil {
		key += " " + ev.Container.ID
	}
	n.mu.Lock()
	if _, ok := n.waiting[key]; !ok {
		if strings.HasPrefix(key, hooks.MQTTPrefix) {
			n.makeRoom()
		}
		n.order = append(n.order, key)
	}
	n.waiting[key] = ev
	n.mu.Unlock()
	poke(n.wake)
}

// makeRoom drops the oldest message if as many wait as may: anybody can publish on as
// many topics as a wildcard means. The caller holds the lock.
func (n *notices) makeRoom() {
	oldest, waiting := -1, 0
	for i, key := range n.order {
		if strings.HasPrefix(key, hooks.MQTTPrefix) {
			if waiting++; oldest < 0 {
				oldest = i
			}
		}
	}
	if waiting >= maxMessages {
		delete(n.waiting, n.order[oldest])
		n.order = slices.Delete(n.order, oldest, oldest+1)
	}
}

// Message has scripts see an MQTT message.
func (d *Daemon) Message(topic string, body []byte, retained bool) {
	ev := notice("mqtt", nil)
	ev.Op, ev.Topic, ev.Payload, ev.Retained = hooks.MQTTPrefix+topic, topic, string(body), retained
	d.notices.post(ev)
}

// run asks the scripts until ctx ends.
func (n *notices) run(ctx context.Context) {
	for {
		select {
		case <-n.wake:
		case <-ctx.Done():
			return
		}
		for ev, ok := n.next(); ok; ev, ok = n.next() {
			n.look(ctx, &ev)
			if ev.Container != nil && setAside(ev.Container.Name) {
				continue
			}
			n.act(ev, n.policy.Decide(ctx, ev))
		}
	}
}

func (n *notices) next() (hooks.Event, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.order) == 0 {
		return hooks.Event{}, false
	}
	key := n.order[0]
	n.order = n.order[1:]
	ev := n.waiting[key]
	delete(n.waiting, key)
	return ev, true
}

// setAside reports whether an update has given a container its name. Scripts don't
// see these: one that restarts whatever ends would start what an update has stopped.
func setAside(name string) bool {
	return strings.HasSuffix(name, update.SuffixNext) || strings.HasSuffix(name, update.SuffixPrev) ||
		strings.HasSuffix(name, update.SuffixDeputy)
}

// notify queues what scripts may want to know of a change.
func (d *Daemon) notify(ch watch.Change) {
	c := ch.Container
	if d.settings.Filter.excludes(c) || setAside(c.Name) {
		return
	}
	if healthChanged(ch) {
		ev := notice(hooks.NoticeHealth, observedContainer(c))
		ev.From, ev.To = ch.Before.Health, c.Health
		d.notices.post(ev)
	}
	if ch.OOMs > 0 {
		d.notices.post(notice(hooks.NoticeOOM, observedContainer(c)))
	}
	if ch.Exits > 0 {
		ev := notice(hooks.NoticeExit, observedContainer(c))
		ev.ExitCode, ev.OOM = c.ExitCode, c.OOM
		d.notices.post(ev)
	}
}

// healthChanged reports whether scripts are told of c's health: of each change,
// and of a container that is found unhealthy.
func healthChanged(ch watch.Change) bool {
	now, before := ch.Container, ch.Before
	if ch.Gone {
		return false
	}
	if before.ID == "" {
		return now.Health == "unhealthy"
	}
	return now.Running() && now.Health != "" && now.Health != before.Health
}

// look completes a notice by what only an inspection tells. A container that is
// gone by now is shown as it was last seen.
func (d *Daemon) look(ctx context.Context, ev *hooks.Event) {
	if ev.Container == nil {
		return
	}
	state, err := d.engine.State(ctx, ev.Container.ID)
	if err != nil {
		return
	}
	ev.Container = containerOf(state)
	if ev.Image != nil {
		d.describe(ctx, ev.Image, state.ImageID)
	}
	ev.FailingStreak = state.FailingStreak
	ev.OOM = ev.OOM || state.OOMKilled && ev.Op == string(hooks.NoticeExit)
}

// act makes requests of the actions that scripts answered with.
func (d *Daemon) act(ev hooks.Event, decision hooks.Decision) {
	n := 0
	for _, answer := range decision.Answers {
		if answer.Audit {
			continue
		}
		for _, a := range answer.Actions {
			if n++; a.Op == hooks.ActionAlarm {
				d.sink.Put(alarmOf(ev, a))
				continue
			}
			d.Submit(requestOf(ev, answer.Script, a, n))
		}
	}
}

// requestOf makes the request that an action of a script asks for, n being its
// number among the actions of the decision. Its id is derived from
// the event's, so that the same answer to the same event is one request.
func requestOf(ev hooks.Event, script string, a hooks.Action, n int) request.Request {
	r := request.Request{
		ID:      fmt.Sprintf("%s-%d", ev.ID, n),
		Op:      request.Op(a.Op),
		Target:  a.Target,
		Image:   a.Args["image"],
		Trigger: hooks.TriggerPolicy,
		Actor:   script,
		After:   a.After,
		Recover: (a.Op == hooks.OpRestart || a.Op == hooks.OpRollback) && isIllness(ev),
	}
	if a.Op == hooks.OpCommand {
		r.Target, r.Run = "", &hooks.Command{Name: a.Target, Args: a.Args}
		return r
	}
	r.Options.Force = a.Args["force"] == "true"
	if d, err := time.ParseDuration(a.Args["older_than"]); err == nil {
		r.Options.OlderThan = request.Duration(d)
	}
	if r.Target == "" && ev.Container != nil && r.OnContainer() {
		r.Target = ev.Container.Name
	}
	return r
}

// isIllness reports whether ev tells of a container that does not do well.
func isIllness(ev hooks.Event) bool {
	if ev.Phase != hooks.On {
		return false
	}
	switch hooks.Notice(ev.Op) {
	case hooks.NoticeHealth, hooks.NoticeExit, hooks.NoticeOOM:
		return true
	default:
		return false
	}
}

func alarmOf(ev hooks.Event, a hooks.Action) report.Alarm {
	alarm := report.Alarm{
		Type: a.Args["type"], Severity: report.Severity(a.Args["severity"]), Text: a.Args["text"], Time: ev.Time,
	}
	if alarm.Severity == hooks.SeverityCleared {
		alarm.Severity, alarm.Text = "", ""
	}
	if ev.Container != nil {
		alarm.Service = ev.Container.Name
	}
	return alarm
}
