// Package policy asks the scripts: it turns their answers into decisions, puts
// the configured default in the place of an answer that never came, and tells
// every decision.
package policy

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"edged/core/report"
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
}

// Sink takes records without blocking.
type Sink interface {
	Put(r report.Record)
}

// Policy asks the scripts in force.
type Policy struct {
	scripts  atomic.Pointer[Scripts]
	fallback hooks.Verdict
	sink     Sink
	log      *slog.Logger
}

// New returns a Policy that asks scripts. Without any opinion an operation is
// decided by fallback, which is [hooks.VerdictAllow] or [hooks.VerdictDeny].
func New(scripts Scripts, fallback hooks.Verdict, sink Sink, log *slog.Logger) *Policy {
	p := &Policy{fallback: fallback, sink: sink, log: log}
	p.scripts.Store(&scripts)
	return p
}

// Wants reports whether asking about name in phase can make a difference.
func (p *Policy) Wants(phase hooks.Phase, name string) bool {
	return (*p.scripts.Load()).Wants(phase, name)
}

// Revision is that of the scripts in force.
func (p *Policy) Revision() string { return (*p.scripts.Load()).Revision() }

// Decide asks the scripts about ev and tells what they decided.
func (p *Policy) Decide(ctx context.Context, ev hooks.Event) hooks.Decision {
	fallback := hooks.VerdictAllow
	if ev.Phase == hooks.Before {
		fallback = p.fallback
	}
	scripts := *p.scripts.Load()
	if !scripts.Wants(ev.Phase, ev.Op) {
		d := hooks.Merge(ev, nil, fallback)
		if d.Verdict != hooks.VerdictAllow {
			p.tell(ctx, ev, d, 0)
		}
		return d
	}
	start := time.Now()
	answers, reads := scripts.Ask(ctx, ev)
	d := hooks.Merge(ev, answers, fallback)
	d.Reads = reads
	p.tell(ctx, ev, d, time.Since(start))
	return d
}

// tell logs and reports a decision. Hooks that were only told something and had
// nothing to say leave no trace: a device's log is for what scripts did.
func (p *Policy) tell(ctx context.Context, ev hooks.Event, d hooks.Decision, took time.Duration) {
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
	d.Reads = nil // not told: what scripts read can be large, and is nobody's business
	p.sink.Put(report.Decision{Event: ev, Decision: d})
}

func spoke(d hooks.Decision) bool {
	for _, a := range d.Answers {
		if a.Verdict != hooks.VerdictNone {
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
