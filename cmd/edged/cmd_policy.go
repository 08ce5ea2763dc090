package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) newPolicyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Write, check, test, try and steer policy scripts",
		Args:  noVerb,

		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.newPolicyInitCommand(), a.newPolicyCheckCommand(), a.newPolicyTestCommand(),
		a.newPolicyEvalCommand(), a.newPolicyReplayCommand(), a.newPolicyReplCommand(), a.newPolicySampleCommand(),
		a.newPolicyListCommand(), a.newPolicyReloadCommand(), a.newPolicyWakeCommand(),
		a.newPolicyOverrideCommand(), a.newPolicyLogCommand(),
	)
	return cmd
}

// noVerb refuses the name of a command that there is not.
func noVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	for _, s := range cmd.SuggestionsFor(args[0]) {
		text += "; did you mean " + s + "?"
	}
	return errors.New(text)
}

// policyDirs are the folders that the arguments name, or those of the configuration.
func (a *app) policyDirs(cmd *cobra.Command, args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	cfg, _, err := a.load(cmd)
	return cfg.Policy.Dirs, err
}
