// Package policy asks the scripts: it turns their answers into decisions, puts
// the configured default in the place of an answer that never came, and tells and
// keeps every decision. It also decides which scripts are in force: the newest that
// can be loaded, without those that fail all the time.
package policy

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"edged/core/report"
	"edged/core/state"
	"edged/hooks"
)

// Scripts is a loaded set of policy scripts.
type Scripts interface {
	// Ask calls every hook for ev and returns what each answered. A hook that
	// fails or runs too long answers with [hooks.VerdictError]. The second result is
	// what the answers rest on; nil if nobody was asked.
	Ask(ctx context.Context, ev hooks.Event) ([]hooks.Answer, *hooks.Reads)
	// Wants reports whether any hook listens to name in phase.
	Wants(phase hooks.Phase, name string) bool
	// Revision changes when any of the scripts does; it is empty without scripts.
	Revision() string
	// Scripts says what is known of each, in the order of asking.
	Scripts() []hooks.Script
	// Sums are the SHA-256 of every file, by name.
	Sums() map[string]string
	// Topics are the MQTT topic filters that hooks listen to.
	Topics() []string
}

// Sink takes records without blocking.
type Sink interface {
	Put(r report.Record)
}

// Config is what a [Policy] needs.
type Config struct {
	Fallback hooks.Verdict // without any opinion: [hooks.VerdictAllow] or [hooks.VerdictDeny]
	StateDir string        // where the last good scripts and the set-aside ones are kept
	// Read returns the scripts as they are on the disk.
	Read func() ([]hooks.Source, error)
	// Load makes a set of them. [hooks.Problems] say what is wrong.
	Load func([]hooks.Source) (Scripts, error)
}

// Policy asks the scripts in force.
type Policy struct {
	cfg  Config
	sink Sink
	log  *slog.Logger

	scripts   atomic.Pointer[Scripts]
	aside     *aside
	overrides overrides
	records   records

	loading sync.Mutex // one load at a time
	good    state.File // the newest scripts that could be loaded
	mu      sync.Mutex
	status  Status
	changed []func()
}

// New returns a Policy without scripts; [Policy.Boot] loads them.
func New(cfg Config, sink Sink, log *slog.Logger) *Policy {
	p := &Policy{
		cfg: cfg, sink: sink, log: log, good: state.New(cfg.StateDir, "policy"),
		aside:   newAside(cfg.StateDir, sink, log),
		records: records{run: runName(time.Now())},
	}
	var none Scripts = Broken{Err: errNotLoaded}
	p.scripts.Store(&none)
	return p
}

func (p *Policy) inForce() Scripts { return *p.scripts.Load() }

// Wants reports whether asking about name in phase can make a difference.
func (p *Policy) Wants(phase hooks.Phase, name string) bool { return p.inForce().Wants(phase, name) }

// Revision is that of the scripts in force.
func (p *Policy) Revision() string { return p.inForce().Revision() }

// Fallback is the verdict without any opinion.
func (p *Policy) Fallback() hooks.Verdict { return p.cfg.Fallback }

// Timers are those of all scripts that are asked.
func (p *Policy) Timers() (all []hooks.Timer) {
	for _, s := range p.inForce().Scripts() {
		all = append(all, s.Timers...)
	}
	return all
}

// Topics are the MQTT topic filters that scripts listen to.
func (p *Policy) Topics() []string { return p.inForce().Topics() }

// Decide asks the scripts about ev and tells what they decided.
func (p *Policy) Decide(ctx context.Context, ev hooks.Event) hooks.Decision {
	fallback := hooks.VerdictAllow
	if ev.Phase == hooks.Before {
		fallback = p.cfg.Fallback
	}
	scripts := p.inForce()
	if !scripts.Wants(ev.Phase, ev.Op) {
		d := hooks.Merge(ev, nil, fallback)
		d = p.overrides.apply(ev, d, time.Now())
		if d.Verdict != hooks.VerdictAllow || d.Override != "" {
			p.tell(ctx, scripts, ev, d, 0)
		}
		return d
	}
	start := time.Now()
	answers, reads := scripts.Ask(ctx, ev)
	if ctx.Err() == nil { // what is broken off is no fault of a script
		p.aside.count(scripts, answers)
	}
	answers = append(answers, p.aside.answers(scripts, ev)...)
	d := p.overrides.apply(ev, hooks.Merge(ev, answers, fallback), time.Now())
	d.Reads = reads
	if ctx.Err() != nil {
		return d // nobody waits for it any more
	}
	p.tell(ctx, scripts, ev, d, time.Since(start))
	return d
}

// tell logs, keeps and reports a decision. Hooks that were only told something and
// had nothing to say leave no trace: a device's log is for what scripts did.
func (p *Policy) tell(ctx context.Context, scripts Scripts, ev hooks.Event, d hooks.Decision, took time.Duration) {
	if ev.Phase != hooks.Before && !spoke(d) {
		return
	}
	level := slog.LevelInfo
	if d.Failed {
		level = slog.LevelWarn
	}
	p.log.Log(ctx, level, "policy", "event", ev.ID, "phase", ev.Phase, "op", ev.Op,
		"container", name(ev), "verdict", d.Verdict, "reason", d.Reason, "took", took)
	for _, a := range d.Answers {
		if a.Verdict == hooks.VerdictError {
			p.log.Warn("policy script failed", "event", ev.ID, "script", a.Script, "line", a.Line, "error", a.Reason)
		}
	}
	record := masked(hooks.Record{
		Event: ev, Decision: d, Fallback: p.cfg.Fallback, Revision: scripts.Revision(), Scripts: scripts.Sums(),
	})
	id := p.records.keep(record)
	record.Decision.Reads = nil // not told: what scripts read can be large
	p.sink.Put(report.Decision{ID: id, Event: record.Event, Decision: record.Decision})
}

func spoke(d hooks.Decision) bool {
	for _, a := range d.Answers {
		if a.Verdict != hooks.VerdictNone || len(a.Sent) > 0 || len(a.Actions) > 0 {
			return true
		}
	}
	return false
}

func name(ev hooks.Event) string {
	if ev.Container == nil {
		return ""
	}
	return ev.Container.Name
}
