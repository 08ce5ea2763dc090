package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newRollbackCommand() *cobra.Command {
	req := request.Request{Op: request.Rollback}
	cmd := &cobra.Command{
		Use:   "rollback CONTAINER",
		Short: "Put a container back to the image that it had before its last update",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Target = args[0]
			return a.do(cmd, req)
		},
	}
	flags := cmd.Flags()
	idFlag(flags, &req)
	stopTimeoutFlag(flags, &req.Options)
	gateFlags(flags, &req.Options)
	return cmd
}
