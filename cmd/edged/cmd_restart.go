package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newRestartCommand() *cobra.Command {
	req := request.Request{Op: request.Restart}
	cmd := &cobra.Command{
		Use:   "restart CONTAINER",
		Short: "Stop and start a container",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Target = args[0]
			return a.do(cmd, req)
		},
	}
	idFlag(cmd.Flags(), &req)
	stopTimeoutFlag(cmd.Flags(), &req.Options)
	return cmd
}
