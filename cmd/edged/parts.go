package main

import (
	"context"
	"log/slog"

	"edged/core"
	"edged/core/api"
	"edged/core/config"
	"edged/core/update"
	"edged/engine"
)

// connector waits for the engine, or tries a few times, and says which it is.
func connector(cfg config.Engine, log *slog.Logger, tries engine.Opt) core.Connect {
	return func(ctx context.Context) (core.Engine, api.Engine, error) {
		opts := []engine.Opt{
			tries,
			engine.WithRetryInterval(cfg.RetryInterval),
			engine.WithRetryNotify(waiting(log)),
		}
		if cfg.Host != "" {
			opts = append(opts, engine.WithHost(cfg.Host))
		}
		c, err := engine.NewContainerClient(ctx, opts...)
		if err != nil {
			return nil, api.Engine{}, err
		}
		identity := api.Engine{Type: string(c.Engine.Type), Version: c.Engine.Version, Host: c.Host()}
		log.Info("connected to the engine", "type", identity.Type, "version", identity.Version, "host", identity.Host)
		return c, identity, nil
	}
}

// settingsOf are the settings of the daemon itself.
func settingsOf(cfg config.Config) (core.Settings, error) {
	filter, err := core.NewFilter(
		core.Pick{Labels: cfg.Filter.IncludeLabels, Names: cfg.Filter.IncludeNames, Types: cfg.Filter.IncludeTypes},
		core.Pick{Labels: cfg.Filter.ExcludeLabels, Names: cfg.Filter.ExcludeNames},
	)
	if err != nil {
		return core.Settings{}, &configError{err}
	}
	settings := core.Settings{
		PullAttempts:   cfg.Pull.Attempts,
		PullWait:       cfg.Pull.RetryWait,
		PullSilence:    cfg.Pull.Silence,
		Gate:           update.Gate{Healthy: cfg.Update.HealthGate, StableFor: cfg.Update.StableFor},
		Parallel:       cfg.Update.Parallel,
		Filter:         filter,
		Telemetry:      cfg.Telemetry.Interval,
		CrashLoop:      core.CrashLoop{Threshold: cfg.CrashLoop.Threshold, Window: cfg.CrashLoop.Window, Soak: cfg.CrashLoop.Soak},
		ModuleNames:    cfg.Service.UseModuleName,
		Commands:       cfg.Policy.Programs(),
		CommandTimeout: cfg.Policy.CommandTimeout,
		Network:        cfg.Software.Network,
		StateDir:       cfg.StateDir,
		Deputy:         deputyCommand(),
	}
	if cfg.Update.StopTimeout > 0 {
		settings.StopTimeout = &cfg.Update.StopTimeout
	}
	return settings, nil
}

// waiting logs why there is no engine, once a reason: an engine may be away for
// days.
func waiting(log *slog.Logger) func(attempt int, err error) {
	last := ""
	return func(_ int, err error) {
		if err.Error() == last {
			return
		}
		last = err.Error()
		log.Warn("waiting for the engine", "error", err)
	}
}
