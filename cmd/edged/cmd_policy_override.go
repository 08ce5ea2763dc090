package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newPolicyOverrideCommand() *cobra.Command {
	var o api.Override
	cmd := &cobra.Command{
		Use:   "override NAME --for DURATION --reason TEXT",
		Short: "Let what people ask for a container or an image through for a while",
		Long: `Let what people ask for a container, or an image of that reference, through for a while,
whatever the scripts say; they are asked all the same, and what they say is recorded
with the reason. What was put off for it is asked about at once. It does not outlive
the daemon.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.For == 0 || o.Reason == "" {
				return &usageError{errors.New("--for and --reason are missing; usage: " + cmd.UseLine())}
			}
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			o.Name = args[0]
			given, err := c.OverridePolicy(cmd.Context(), o)
			if err != nil {
				return err
			}
			return a.show(given, func(w io.Writer) { fmt.Fprintf(w, "%s: let through until %s\n", given.Name, moment(given.Until)) })
		},
	}
	cmd.Flags().Var(wait{&o.For}, "for", "how long, such as 15m; at most 24h")
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why, for the records")
	return cmd
}
