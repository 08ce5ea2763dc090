package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newStartCommand() *cobra.Command {
	req := request.Request{Op: request.Start}
	cmd := &cobra.Command{
		Use:   "start CONTAINER",
		Short: "Start a stopped container",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Target = args[0]
			return a.do(cmd, req)
		},
	}
	idFlag(cmd.Flags(), &req)
	return cmd
}
