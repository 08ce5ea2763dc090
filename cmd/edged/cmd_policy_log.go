package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newPolicyLogCommand() *cobra.Command {
	limit := 0
	cmd := &cobra.Command{
		Use:   "log [ID]",
		Short: "Show the newest decisions, or one of them in full",
		Long: `Show the newest decisions of the scripts. With the id of a decision, or of an event,
print all of it as JSON, which "edged policy replay" takes.`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				record, err := c.Decision(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.out, "%s\n", record)
				return err
			}
			list, err := c.Decisions(cmd.Context(), limit)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) { printDecisions(w, list) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many; 0: all that are kept")
	return cmd
}

func printDecisions(w io.Writer, list []api.Decision) {
	fmt.Fprintln(w, "ID\tTIME\tEVENT\tCONTAINER\tVERDICT\tREASON")
	for _, d := range list {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\n", d.ID, moment(d.Time), d.Phase, d.Op, orDash(d.Container), d.Verdict, d.Reason)
	}
}
