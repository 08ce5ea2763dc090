package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"

	"edged/core"
	"edged/core/api"
	"edged/core/config"
	"edged/core/memory"
	"edged/core/mqtt"
	"edged/core/registry"
	"edged/core/report"
	"edged/core/state"
	"edged/core/supervise"
	"edged/engine"
)

// run is the daemon, until ctx ends: all wiring, and nothing else.
func run(ctx context.Context, cfg config.Config, systemd supervise.Systemd, log *slog.Logger) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	log.Info("starting", "version", version, "state_dir", cfg.StateDir, "socket", cfg.API.Socket)

	if _, err := cfg.MQTT.Secret(); err != nil {
		return &configError{err}
	}
	settings, err := settingsOf(cfg)
	if err != nil {
		return err
	}

	logins := registry.Logins{Program: cfg.Registry.Program, File: cfg.Registry.LoginsFile, Environ: os.Environ(), Log: log}
	settings.Login = logins.Auth
	outbox := report.NewOutbox(report.Limits{Records: cfg.Outbox.Records, Bytes: cfg.Outbox.Bytes})
	kv := state.NewKV(cfg.StateDir, log)
	var daemon *core.Daemon
	asked := policyOf(cfg, kv, outbox, func() *core.Daemon { return daemon }, log)
	asked.Boot()
	about := core.About{Version: version, Broker: strings.Join(cfg.MQTT.URLs, ", ")}
	daemon = core.New(ctx, connector(cfg.Engine, log, engine.WithInfiniteRetries()), asked, outbox, settings, about, log)

	broker, err := mqtt.New(mqtt.Config{
		URLs:      cfg.MQTT.URLs,
		User:      cfg.MQTT.User,
		Password:  cfg.MQTT.Secret,
		TLS:       mqtt.TLS{CA: cfg.MQTT.CAFile, Cert: cfg.MQTT.CertFile, Key: cfg.MQTT.KeyFile},
		Root:      cfg.MQTT.Root,
		Device:    cfg.Device.TopicID,
		Service:   cfg.Service.Name,
		ClientID:  cfg.MQTT.ClientID,
		Version:   version,
		KeepAlive: cfg.MQTT.KeepAlive,
		Listen:    asked.Topics,

		Software:        cfg.Software.Enabled,
		ServiceCommands: cfg.Service.Commands,
	}, outbox, daemon, log)
	if err != nil {
		return &configError{err}
	}
	asked.OnChange(broker.Relisten)
	server := api.New(cfg.API.Socket, cfg.API.Group, daemon, log)

	// The socket comes first: a second edged must find it taken before it touches
	// anything. The broker goes last, so that the last results are still told.
	serving := start(ctx, stop, server.Run)
	select {
	case <-server.Ready():
	case err := <-serving:
		return err
	}
	telling, hush := context.WithCancel(context.WithoutCancel(ctx))
	defer hush()
	outbox.Keep(cfg.StateDir, log)
	keeping, forgo := context.WithCancel(context.WithoutCancel(ctx))
	defer forgo()
	kept := start(keeping, stop, outbox.Run)
	told := start(telling, stop, broker.Run)
	beside.Go(func() { kv.Run(telling) })
	working := start(ctx, stop, daemon.Run)

	beside.Go(func() { memory.Keep(ctx, log) })
	beside.Go(func() { reloadOnHangup(ctx, asked) })
	beside.Go(func() { systemd.Watch(ctx, daemon.Alive, log) })
	if err := systemd.Ready(ctx); err != nil {
		log.Warn("systemd does not know that edged is up", "error", err)
	}
	beside.Go(func() {
		<-ctx.Done()
		_ = systemd.Stopping(context.WithoutCancel(ctx)) // it sees the end by itself
	})

	err = errors.Join(<-working, <-serving)
	hush()
	err = errors.Join(err, <-told)
	forgo() // what the farewell could not tell is kept
	return errors.Join(err, <-kept)
}

// start runs a part on its own goroutine; its end, for whatever reason, ends the
// others by stop.
func start(ctx context.Context, stop func(), part func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer stop()
		done <- part(ctx)
	}()
	return done
}
