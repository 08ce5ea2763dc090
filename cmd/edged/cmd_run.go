package main

import (
	"os"

	"github.com/spf13/cobra"

	"edged/core/supervise"
)

func (a *app) newRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon in the foreground",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := a.load(cmd)
			if err != nil {
				return err
			}
			log, err := newLogger(a.errOut, cfg.Log, a.environ)
			if err != nil {
				return err
			}
			systemd, err := supervise.FromEnviron(a.environ, os.Getpid())
			if err != nil {
				log.Warn("no watchdog", "error", err)
			}
			return run(cmd.Context(), cfg, systemd, log)
		},
	}
	addSettings(cmd.Flags())
	return cmd
}
