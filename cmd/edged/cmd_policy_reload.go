package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) newPolicyReloadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Put the scripts on the disk into force",
		Long: `Put the scripts on the disk into force. If any of them is wrong, all stays as it is,
and what is wrong is printed. What scripts had put off is asked about at once.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			p, err := c.ReloadPolicy(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) {
				fmt.Fprintf(w, "scripts %d, revision %s\n", len(p.Scripts), orDash(p.Revision))
			})
		},
	}
}
