package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) newCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID",
		Short: "Call a request off",
		Long: `Call a request off. An update that has begun to take over is rolled back; what came
of it is told to whoever asked for the request.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			id := args[0]
			if err := c.Cancel(cmd.Context(), id); err != nil {
				return err
			}
			return a.show(map[string]string{"id": id}, func(w io.Writer) { fmt.Fprintf(w, "%s: called off\n", id) })
		},
	}
}
