package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"edged/core"
	"edged/core/api"
	"edged/core/config"
	"edged/core/request"
	"edged/engine"
)

func (a *app) newRepairCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "End the updates that were left in the middle, where no daemon runs",
		Long: `End the updates that were left in the middle, where no daemon runs, and print what
came of each. The daemon does the same at its start.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := a.load(cmd)
			if err != nil {
				return err
			}
			log, err := newLogger(a.errOut, config.Log{Level: "warn", Format: "text"}, nil)
			if err != nil {
				return err
			}
			return a.repair(cmd.Context(), cfg, log)
		},
	}
	addSettings(cmd.Flags())
	return cmd
}

// repair holds the daemon's socket meanwhile: two that work on one update could end
// it in two ways.
func (a *app) repair(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	settings, err := settingsOf(cfg)
	if err != nil {
		return err
	}
	holding, stop := context.WithCancel(ctx)
	defer stop()
	door := api.NewClosed(cfg.API.Socket, cfg.API.Group, "edged repair is at work; try again when it has ended", log)
	held := start(holding, stop, door.Run)
	select {
	case <-door.Ready():
	case err := <-held:
		if errors.Is(err, api.ErrInUse) {
			return &busyError{fmt.Errorf("repair: %w; it repairs at its own start", err)}
		}
		return err
	}
	worst, show := request.Unchanged, a.newReporter()
	none := true
	err = core.Repair(holding, connector(cfg.Engine, log, engine.WithAttempts(repairTries)), settings, log, func(r request.Result) {
		show.result(r)
		none = false
		if r.Outcome.Final() && r.Outcome.ExitCode() > worst.ExitCode() {
			worst = r.Outcome
		}
	})
	stop()
	if ctx.Err() != nil {
		return &leftError{"left; the next start goes on from here"}
	}
	if err := errors.Join(err, <-held); err != nil {
		return err
	}
	if none && a.output != asJSON {
		fmt.Fprintln(a.out, "nothing to repair")
	}
	if code := worst.ExitCode(); code != 0 {
		return &outcomeError{code}
	}
	return nil
}

// repairTries is how often repair tries to reach the engine: somebody waits for it.
const repairTries = 5
