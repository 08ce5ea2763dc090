package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"edged/core/request"
)

// newCloneCommand is an update with the flags of tedge-container-plugin's container-clone
// (its cli/tools/container_clone.go), so that scripts go on working.
func (a *app) newCloneCommand() *cobra.Command {
	req := request.Request{Op: request.Update}
	o := &req.Options
	var forEnd, autoRemove bool
	end := request.Duration(time.Minute)
	cmd := &cobra.Command{
		Use:   "clone [--container CONTAINER] [-- COMMAND...]",
		Short: "Update a container, as tedge-container-plugin's container-clone is told to",
		Args:  withCommand(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if autoRemove {
				return &usageError{errors.New("--rm: a container that is gone can't be put back")}
			}
			_, o.Command = splitCommand(cmd, args)
			if forEnd {
				o.WaitForExit = end
			}
			named, err := a.orOwn(cmd, given(req.Target))
			if err != nil {
				return err
			}
			req.Target = named[0]
			return a.do(cmd, req)
		},
	}
	flags := cmd.Flags()
	idFlag(flags, &req)
	flags.StringVar(&req.Target, "container", "", "container to update (default: the one that edged runs in)")
	flags.StringVar(&req.Image, "image", "", "image (default: the container's own reference, pulled again)")
	flags.Var(wait{&o.HealthGate}, "duration", "longest time to become healthy (default: as configured)")
	flags.Var(wait{&o.StopTimeout}, "stop-after", "time from the stop signal to the kill (default: as configured)")
	flags.BoolVar(&forEnd, "wait-for-exit", false, "wait for the container to end by itself instead of stopping it")
	flags.Var(wait{&end}, "stop-timeout", "with --wait-for-exit: how long to wait (default 1m)")
	o.IgnoreEnv = []string{"HOSTNAME", "HOST"}
	changeFlags(flags, o)
	for name, bare := range map[string]string{"fork": "true", "fork-skip-network": "true", "fork-name": "", "fork-label": ""} {
		flags.StringArray(name, nil, "not needed") // the daemon does the work, and for its own container one that it makes
		flags.Lookup(name).Hidden, flags.Lookup(name).NoOptDefVal = true, bare
	}
	// It is refused; there it asks for a container that is started again always, too, and no engine takes both.
	flags.BoolVar(&autoRemove, "rm", false, "have the engine remove it when it ends")
	flags.Lookup("rm").Hidden = true
	return cmd
}

// changeFlags are what an update can be told to change.
func changeFlags(flags *pflag.FlagSet, o *request.Options) {
	settingsFlags(flags, o)
	flags.StringArrayVar(&o.Entrypoint, "entrypoint", nil, "program to run in the place of the image's; given again, its arguments")
	flags.StringArrayVar(&o.AddHosts, "add-host", nil, "name that the container knows, as HOST:ADDRESS; can be given more than once")
	flags.StringArrayVar(&o.IgnoreEnv, "ignore-env", o.IgnoreEnv, "environment variable not to take over; can be given more than once")
	flags.BoolVar(&o.NoPull, "no-pull", false, "use the image that is present")
	flags.BoolVar(&o.Force, "force", false, "replace even if nothing changed")
	flags.BoolVar(&o.Check, "check", false, "change nothing; exit with 0 if there is something to update, with 2 if not")
}
