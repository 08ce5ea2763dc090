package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"edged/core"
	"edged/core/config"
	"edged/core/policy"
	"edged/core/report"
	"edged/core/state"
	"edged/hooks"
	"edged/hooks/lua"
)

// policyOf makes the policy of the configuration; it is asked what the daemon sees
// by daemon, which is there before any script runs.
func policyOf(cfg config.Config, kv *state.KV, out *report.Outbox, daemon func() *core.Daemon, log *slog.Logger) *policy.Policy {
	opts := scriptOptions(cfg.Policy)
	opts.Log, opts.KV = log, kv
	opts.Publish = func(_, topic string, payload []byte) error {
		out.Put(report.Message{Topic: topic, Payload: payload, Time: time.Now()})
		return nil
	}
	metrics := report.NewMetrics(out.Put)
	opts.Metric = metrics.Add
	opts.Look = hooks.Sources{
		Device:     func() hooks.Device { return daemon().Device() },
		Containers: func() []hooks.Container { return daemon().Observed() },
	}
	var p *policy.Policy
	opts.Aside = func(s hooks.Script) bool { return p.Aside(s) }
	p = policy.New(policy.Config{
		Fallback: hooks.Verdict(cfg.Policy.Default),
		StateDir: cfg.StateDir,
		Read:     func() ([]hooks.Source, error) { return lua.Read(cfg.Policy.Dirs) },
		Load: func(sources []hooks.Source) (policy.Scripts, error) {
			o := opts
			o.Sources = sources
			if sources == nil {
				o.Sources = []hooks.Source{}
			}
			set, err := lua.Load(o)
			if err != nil {
				return nil, err // not set: a nil pointer is a value of an interface
			}
			return set, nil
		},
	}, out, log)
	return p
}

// scriptOptions are what the configuration says of scripts.
func scriptOptions(cfg config.Policy) lua.Options {
	opts := lua.Options{Deadline: cfg.Deadline, Grants: map[string]hooks.Grants{}, Modes: map[string]hooks.Mode{}}
	granted := cfg.Granted()
	for file, needs := range granted {
		if file != hooks.EveryScript {
			needs = append(needs, granted[hooks.EveryScript]...)
		}
		var g hooks.Grants
		for _, n := range needs {
			switch kind, what := n[0], n[1]; kind {
			case "mqtt.publish":
				g.Topics = append(g.Topics, what)
			case "file.read":
				g.Paths = append(g.Paths, what)
			default:
				g.Actions = append(g.Actions, what)
			}
		}
		opts.Grants[file] = g
	}
	for _, file := range cfg.Audit {
		opts.Modes[file] = hooks.Audit
	}
	return opts
}

// reloadOnHangup loads the scripts anew at each SIGHUP until ctx ends. What is wrong
// is logged and told by the policy itself.
func reloadOnHangup(ctx context.Context, p *policy.Policy) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			_ = p.Reload()
		case <-ctx.Done():
			return
		}
	}
}
