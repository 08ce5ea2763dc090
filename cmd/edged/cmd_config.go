package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edged/core/config"
)

func (a *app) newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print every setting in force and where it comes from",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, origins, err := a.load(cmd)
			if err != nil {
				return err
			}
			return a.show(origins, func(w io.Writer) { printSettings(w, origins) })
		},
	}
	addSettings(cmd.Flags())
	return cmd
}

func printSettings(w io.Writer, settings config.Origins) {
	fmt.Fprintln(w, "KEY\tVALUE\tFROM")
	for _, s := range settings {
		value := fmt.Sprint(s.Value)
		if list, ok := s.Value.([]string); ok {
			value = strings.Join(list, ",")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, orDash(value), s.Origin)
	}
}

// orDash keeps the columns of a table apart where there is nothing to show.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
