package main

import (
	"time"

	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newPruneCommand() *cobra.Command {
	req := request.Request{Op: request.Prune}
	var olderThan time.Duration
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove images that edged has fetched and that nothing needs",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			req.Options.OlderThan = request.Duration(olderThan)
			return a.do(cmd, req)
		},
	}
	idFlag(cmd.Flags(), &req)
	cmd.Flags().DurationVar(&olderThan, "older-than", 0, "only what was fetched longer ago")
	return cmd
}
