package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newPullCommand() *cobra.Command {
	req := request.Request{Op: request.Pull}
	cmd := &cobra.Command{
		Use:   "pull IMAGE",
		Short: "Fetch an image",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Image = args[0]
			return a.do(cmd, req)
		},
	}
	idFlag(cmd.Flags(), &req)
	cmd.Flags().IntVar(&req.Options.Attempts, "attempts", 0, "how often to try (default: as configured)")
	cmd.Flags().BoolVar(&req.Options.Always, "always", false, "ask the registry even if the image is present")
	return cmd
}
