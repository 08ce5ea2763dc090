package main

import "github.com/spf13/cobra"

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
			return run(cmd.Context(), cfg, log)
		},
	}
	addSettings(cmd.Flags())
	return cmd
}
