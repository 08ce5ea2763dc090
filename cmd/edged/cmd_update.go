package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newUpdateCommand() *cobra.Command {
	req := request.Request{Op: request.Update}
	o := &req.Options
	cmd := &cobra.Command{
		Use:   "update CONTAINER [IMAGE] [-- COMMAND...]",
		Short: "Replace a container by one with another image or other settings",
		Long: `Replace a container by one with another image or other settings.

Without IMAGE the container's own reference is pulled again. If the new container
fails, the old one is put back.`,
		Args: withCommand(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, command := splitCommand(cmd, args)
			req.Target, o.Command = names[0], command
			if len(names) > 1 {
				req.Image = names[1]
			}
			return a.do(cmd, req)
		},
	}
	flags := cmd.Flags()
	idFlag(flags, &req)
	changeFlags(flags, o)
	flags.Var(wait{&o.WaitForExit}, "wait-for-exit", "wait so long for the container to end by itself instead of stopping it")
	stopTimeoutFlag(flags, o)
	gateFlags(flags, o)
	flags.StringVar(&o.Strategy, "strategy", "", "replace (the default), or handover: the new container must be healthy before the old one stops")
	return cmd
}
