package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"edged/core/api/client"
	"edged/core/config"
)

// app is what every command needs: where to write, and what was asked for by
// the flags that all of them have.
type app struct {
	out, errOut io.Writer
	environ     []string // NAME=value
	output      format
	file        string // main configuration file; empty: the usual one
	parsed      bool   // the command line made sense
}

// execute runs the command line and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.newRootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.parsed {
		err = &usageError{err}
	}
	if err != nil && err.Error() != "" {
		fmt.Fprintf(a.errOut, "edged: %v\n", err)
	}
	switch {
	case len(args) > 1 && args[0] == "plugin":
		return pluginCode(args[1], err)
	case len(args) > 0 && args[0] == selfType && err != nil && err.Error() != "":
		return exitSelfError
	default:
		return exitCode(err)
	}
}

func (a *app) newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "edged",
		Short:             "Watch, update and report on the containers of a device",
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(*cobra.Command, []string) { a.parsed = true },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	flags := root.PersistentFlags()
	flags.VarP(&a.output, "output", "o", "human, or json for programs")
	flags.StringVar(&a.file, "config", "", "main configuration file (default "+config.DefaultFile+")")
	addSettings(flags, "api.socket")
	root.AddCommand(
		a.newRunCommand(), a.newConfigCommand(), a.newStatusCommand(),
		a.newPsCommand(), a.newLogsCommand(),
		a.newPullCommand(), a.newInstallCommand(), a.newUpdateCommand(), a.newCloneCommand(), a.newRollbackCommand(),
		a.newStartCommand(), a.newStopCommand(), a.newRestartCommand(), a.newRemoveCommand(), a.newPruneCommand(),
		a.newPolicyCommand(), a.newCancelCommand(), a.newContextCommand(), a.newEngineCommand(), a.newRepairCommand(), a.newDeputyCommand(),
		a.newInstallLinksCommand(), a.newSelfCommand(), a.newPluginCommand(), a.newVersionCommand(),
	)
	return root
}

// client is the way to the daemon that is configured.
func (a *app) client(cmd *cobra.Command) (*client.Client, error) {
	socket, err := config.Socket(a.source(cmd))
	if err != nil {
		return nil, &configError{err}
	}
	return client.New(socket), nil
}
