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
	settingsFlags(flags, o)
	stopTimeoutFlag(flags, o)
	gateFlags(flags, o)
	flags.StringVar(&o.Strategy, "strategy", "", "replace (the default), or handover: the new container must be healthy before the old one stops")
	flags.BoolVar(&o.NoPull, "no-pull", false, "use the image that is present")
	flags.BoolVar(&o.Force, "force", false, "replace even if nothing changed")
	flags.BoolVar(&o.Check, "check", false, "change nothing; exit with 0 if there is something to update, with 2 if not")
	return cmd
}
