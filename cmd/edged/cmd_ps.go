package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newPsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ps",
		Short: "List the containers",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			list, err := c.Containers(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) { printContainers(w, list) })
		},
	}
}

func printContainers(w io.Writer, list []api.Container) {
	fmt.Fprintln(w, "NAME\tIMAGE\tSTATE\tHEALTH\tSTATUS\tPORTS")
	for _, c := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, orDash(c.Image), orDash(c.State), orDash(c.Health),
			orDash(c.Status), orDash(strings.Join(c.Ports, ", ")))
	}
}
