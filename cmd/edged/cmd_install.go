package main

import (
	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newInstallCommand() *cobra.Command {
	req := request.Request{Op: request.Install}
	o := &req.Options
	cmd := &cobra.Command{
		Use:   "install CONTAINER IMAGE [-- COMMAND...]",
		Short: "Create and start a container, or update the one of that name",
		Long: `Create and start a container, or update the one of that name.

A new container that fails at once, or does not become healthy, is removed again.`,
		Args: withCommand(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, command := splitCommand(cmd, args)
			req.Target, req.Image, o.Command = names[0], names[1], command
			return a.do(cmd, req)
		},
	}
	flags := cmd.Flags()
	idFlag(flags, &req)
	settingsFlags(flags, o)
	gateFlags(flags, o)
	flags.StringArrayVarP(&o.Ports, "publish", "p", nil, "port, as [ADDRESS:][HOSTPORT:]PORT[/PROTOCOL]; can be given more than once")
	flags.StringArrayVarP(&o.Volumes, "volume", "v", nil, "volume, as SOURCE:TARGET[:OPTIONS]; can be given more than once")
	flags.StringVar(&o.Network, "network", "", "network to join (default: the engine's)")
	flags.StringVar(&o.Restart, "restart", "", "restart policy, such as unless-stopped (default: the engine's)")
	return cmd
}
