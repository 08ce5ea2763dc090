package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newPolicyWakeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "wake [ID]",
		Short: "Have scripts asked now about what they put off",
		Args:  arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			id := ""
			if len(args) > 0 {
				id = args[0]
			}
			n, err := c.Wake(cmd.Context(), id)
			if err != nil {
				return err
			}
			return a.show(api.Woken{Requests: n}, func(w io.Writer) { fmt.Fprintf(w, "requests %d\n", n) })
		},
	}
}
