package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newStopCommand() *cobra.Command {
	req := request.Request{Op: request.Stop}
	cmd := &cobra.Command{
		Use:   "stop CONTAINER",
		Short: "Stop a running container",
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
