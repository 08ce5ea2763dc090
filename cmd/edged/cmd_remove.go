package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newRemoveCommand() *cobra.Command {
	req := request.Request{Op: request.Remove}
	cmd := &cobra.Command{
		Use:   "remove CONTAINER",
		Short: "Stop and remove a container",
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
