package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
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
			log, err := newLogger(a.errOut, cfg.Log)
			if err != nil {
				return err
			}
			err = run(cmd.Context(), cfg, log)
			if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
				return nil // it ended because it was asked to
			}
			return err
		},
	}
	addSettings(cmd.Flags())
	return cmd
}
